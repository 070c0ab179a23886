#include "net/serve.h"
#include "store/store.h"
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct table table;
    table_init(&table);
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(atoi(argv[2]), &table);
    char line[1024];
    while (fgets(line, sizeof line, stdin) && store_answer(&table, line, stdout))
        fflush(stdout);
    table_free(&table);
    return 0;
}
