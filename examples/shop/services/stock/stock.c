#include "stock.h"

#include <stdio.h>
#include <string.h>

#include "api.h"

static const struct {
  const char *sku;
  int available;
} shelf[] = {{"mug", 120}, {"pan", 7}, {"lamp", 0}, {"pen", 31}};

int stock_available(const char *sku) {
  for (size_t i = 0; i < sizeof shelf / sizeof *shelf; i++)
    if (strcmp(shelf[i].sku, sku) == 0) return shelf[i].available;
  return -1;
}

int stock_answer(const char *path, char *body, size_t size) {
  static const char prefix[] = "/stock/";
  if (strcmp(path, "/health") == 0) return snprintf(body, size, "ok\n"), 200;
  const char *sku = strncmp(path, prefix, strlen(prefix)) == 0 ? path + strlen(prefix) : "";
  int available = stock_available(sku);
  if (available < 0) return snprintf(body, size, "no such article\n"), 404;
  return snprintf(body, size, STOCK_JSON "\n", sku, available), 200;
}
