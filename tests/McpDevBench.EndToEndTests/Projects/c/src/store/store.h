#ifndef SHELF_STORE_H
#define SHELF_STORE_H
#include "table/table.h"
#include <stdio.h>

/* Answers one line: "put KEY VALUE", "get KEY" or "count". Returns 0 when the line was "quit". */
int store_answer(struct table *table, char *line, FILE *out);
#endif
