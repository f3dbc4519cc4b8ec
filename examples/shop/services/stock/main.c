/* Stock answers how many pieces of an article there are: GET /stock/{sku}. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http.h"
#include "stock.h"

/* Process 1 of a container has no default action for signals. */
static void stop(int signal) { _exit(128 + signal); }

static const char *setting(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value != NULL && *value != '\0' ? value : otherwise;
}

int main(void) {
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  signal(SIGPIPE, SIG_IGN);
  http_serve(setting("HOST", "0.0.0.0"), setting("PORT", "8080"), stock_answer);
  perror("stock");
  return 1;
}
