#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void serve_one(int connection, http_answer *answer) {
  char request[4096], path[256], body[512], head[160];
  struct timeval limit = {.tv_sec = 5};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ssize_t length = read(connection, request, sizeof request - 1);
  if (length <= 0) return;
  request[length] = '\0';
  int status = 400;
  if (sscanf(request, "GET %255s HTTP/1.", path) == 1)
    status = answer(path, body, sizeof body);
  else
    snprintf(body, sizeof body, "only GET\n");
  const char *type = body[0] == '{' ? "application/json" : "text/plain";
  int size = snprintf(head, sizeof head, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                      status, status == 200 ? "OK" : "Not OK", type, strlen(body));
  if (write(connection, head, (size_t)size) == size && write(connection, body, strlen(body)) > 0) shutdown(connection, SHUT_WR);
}

int http_serve(const char *host, const char *port, http_answer *answer) {
  char *end;
  unsigned long number = strtoul(port, &end, 10);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)number)};
  if (*end != '\0' || number > 65535 || inet_pton(AF_INET, host, &address.sin_addr) != 1) {
    errno = EINVAL;
    return -1;
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0) return -1;
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) continue;
    serve_one(connection, answer);
    close(connection);
  }
}
