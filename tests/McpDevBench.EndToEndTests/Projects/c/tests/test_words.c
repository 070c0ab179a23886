#include "check.h"
#include "text/words.h"

int main(void)
{
    char line[] = "put greeting hello, world\r\n", none[] = "\n", *words[3];
    if (words_cut(line, words, 3) != 3 || words_cut(none, words + 1, 1) != 0)
        return 1;
    CHECK_TEXT(words[0], "put");
    CHECK_TEXT(words[2], "hello, world");
    return 0;
}
