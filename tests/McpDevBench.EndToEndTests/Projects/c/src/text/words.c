#include "text/words.h"
#include <string.h>

int words_cut(char *line, char **words, int max)
{
    int count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    while (*line && count < max) {
        words[count++] = line;
        char *space = count < max ? strchr(line, ' ') : NULL;
        if (!space)
            break;
        *space = '\0';
        line = space + 1;
    }
    return count;
}
