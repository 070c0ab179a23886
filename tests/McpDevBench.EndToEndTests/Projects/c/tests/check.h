#ifndef SHELF_CHECK_H
#define SHELF_CHECK_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_TEXT(actual, expected) check_text(__FILE__, __LINE__, actual, expected)

static inline void check_text(const char *file, int line, const char *actual, const char *expected)
{
    if (actual && strcmp(actual, expected) == 0)
        return;
    fprintf(stderr, "%s:%d: expected '%s', got '%s'\n", file, line, expected, actual ? actual : "(null)");
    exit(1);
}
#endif
