#ifndef SHELF_TABLE_H
#define SHELF_TABLE_H
#include <stddef.h>

/* A hash table of strings with open addressing. Its capacity is a power of two. */
struct table_slot {
    char *key;
    char *value;
};

struct table {
    struct table_slot *slots;
    size_t capacity;
    size_t count;
};

void table_init(struct table *table);
void table_free(struct table *table);
/* Returns 0, or -1 where there is no memory. */
int table_put(struct table *table, const char *key, const char *value);
const char *table_get(const struct table *table, const char *key);
#endif
