#include "check.h"
#include "table/table.h"

int main(void)
{
    struct table table;
    table_init(&table);
    char key[32], value[32];
    for (int number = 0; number < 200; number++) {
        snprintf(key, sizeof key, "key-%d", number);
        snprintf(value, sizeof value, "value-%d", number);
        table_put(&table, key, value);
    }
    for (int number = 0; number < 200; number++) {
        snprintf(key, sizeof key, "key-%d", number);
        snprintf(value, sizeof value, "value-%d", number);
        CHECK_TEXT(table_get(&table, key), value);
    }
    table_put(&table, "key-7", "seven");
    CHECK_TEXT(table_get(&table, "key-7"), "seven");
    if (table.count != 200 || table_get(&table, "key-200"))
        return 1;
    table_free(&table);
    return 0;
}
