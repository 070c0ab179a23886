/* Says hello, then each argument on a line of its own, then whatever comes on stdin. */
#include <stdio.h>

int main(int argc, char **argv)
{
    puts("hello from scratch");
    for (int i = 1; i < argc; i++) puts(argv[i]);
    for (int c; (c = getchar()) != EOF;) putchar(c);
    return 0;
}
