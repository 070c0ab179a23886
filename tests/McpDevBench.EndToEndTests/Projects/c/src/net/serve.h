#ifndef SHELF_SERVE_H
#define SHELF_SERVE_H
#include "table/table.h"

/* Serves one connection after the other on the loopback interface. Returns when it cannot listen. */
int serve(int port, struct table *table);
#endif
