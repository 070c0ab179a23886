#include "check.h"
#include "store/store.h"

static void answers(struct table *table, const char *line, const char *expected)
{
    char request[64], answer[64] = { 0 };
    snprintf(request, sizeof request, "%s\n", line);
    FILE *out = tmpfile();
    store_answer(table, request, out);
    rewind(out);
    if (!fgets(answer, sizeof answer, out))
        answer[0] = '\0';
    fclose(out);
    answer[strcspn(answer, "\n")] = '\0';
    CHECK_TEXT(answer, expected);
}

int main(void)
{
    struct table table;
    table_init(&table);
    answers(&table, "get a", "(none)");
    answers(&table, "put a 1 2", "ok");
    answers(&table, "get a", "1 2");
    answers(&table, "count", "1");
    answers(&table, "jump", "unknown command");
    table_free(&table);
    return 0;
}
