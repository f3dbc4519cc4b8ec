#include <assert.h>
#include <string.h>

#include "stock.h"

int main(void) {
  char body[128];
  assert(stock_answer("/stock/pan", body, sizeof body) == 200);
  assert(strcmp(body, "{\"sku\":\"pan\",\"available\":7}\n") == 0);
  assert(stock_answer("/stock/piano", body, sizeof body) == 404);
  assert(stock_answer("/", body, sizeof body) == 404);
  assert(stock_answer("/health", body, sizeof body) == 200);
  return 0;
}
