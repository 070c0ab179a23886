#include "check.h"

/* The data files come byte by byte as they were made. */
static void begins(const char *folder, const char *name, const char *expected)
{
    char path[512], bytes[64] = { 0 };
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file || fread(bytes, 1, strlen(expected), file) != strlen(expected))
        exit(2);
    fclose(file);
    CHECK_TEXT(bytes, expected);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    begins(argv[1], "latin1.txt", "caf\xe9\n");
    begins(argv[1], "bom.txt", "\xef\xbb\xbfone\r\ntwo\r\n");
    return 0;
}
