#ifndef STOCK_H
#define STOCK_H

#include <stddef.h>

/* Pieces on the shelf, or -1 when the shop does not know the article. */
int stock_available(const char *sku);

/* Writes the answer to "GET path" as JSON or text into body and returns the HTTP status. */
int stock_answer(const char *path, char *body, size_t size);

#endif
