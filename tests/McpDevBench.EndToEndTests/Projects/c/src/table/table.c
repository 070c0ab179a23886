#include "table/table.h"
#include <stdlib.h>
#include <string.h>

static size_t hash(const char *key)
{
    size_t value = 5381;
    while (*key)
        value = value * 33 + (unsigned char)*key++;
    return value;
}

static struct table_slot *find(struct table_slot *slots, size_t capacity, const char *key)
{
    size_t at = hash(key) & (capacity - 1);
    while (slots[at].key && strcmp(slots[at].key, key) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static int grow(struct table *table)
{
    size_t capacity = table->capacity ? table->capacity * 2 : 8;
    struct table_slot *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return -1;
    for (size_t at = 0; at < table->capacity; at++) {
        if (table->slots[at].key)
            *find(slots, table->capacity, table->slots[at].key) = table->slots[at];
    }
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
    return 0;
}

void table_init(struct table *table)
{
    memset(table, 0, sizeof *table);
}

void table_free(struct table *table)
{
    for (size_t at = 0; at < table->capacity; at++) {
        free(table->slots[at].key);
        free(table->slots[at].value);
    }
    free(table->slots);
    table_init(table);
}

int table_put(struct table *table, const char *key, const char *value)
{
    if ((table->count + 1) * 4 > table->capacity * 3 && grow(table) != 0)
        return -1;
    struct table_slot *slot = find(table->slots, table->capacity, key);
    char *copy = strdup(value);
    if (!copy)
        return -1;
    if (!slot->key) {
        slot->key = strdup(key);
        if (!slot->key) {
            free(copy);
            return -1;
        }
        table->count++;
    }
    free(slot->value);
    slot->value = copy;
    return 0;
}

const char *table_get(const struct table *table, const char *key)
{
    return table->capacity ? find(table->slots, table->capacity, key)->value : NULL;
}
