#include "store/store.h"
#include "text/words.h"
#include <string.h>

int store_answer(struct table *table, char *line, FILE *out)
{
    char *words[3] = { 0 };
    int count = words_cut(line, words, 3);
    if (count == 1 && strcmp(words[0], "quit") == 0)
        return 0;
    if (count == 3 && strcmp(words[0], "put") == 0)
        fprintf(out, "%s\n", table_put(table, words[1], words[2]) == 0 ? "ok" : "full");
    else if (count == 2 && strcmp(words[0], "get") == 0)
        fprintf(out, "%s\n", table_get(table, words[1]) ? table_get(table, words[1]) : "(none)");
    else if (count == 1 && strcmp(words[0], "count") == 0)
        fprintf(out, "%zu\n", table->count);
    else
        fprintf(out, "unknown command\n");
    return 1;
}
