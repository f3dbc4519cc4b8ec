#ifndef HTTP_H
#define HTTP_H

#include <stddef.h>

/* Fills body for "GET path" and returns the HTTP status. */
typedef int http_answer(const char *path, char *body, size_t size);

/* Serves GET requests at an IPv4 address, one after the other until the process ends; returns only when it cannot listen. */
int http_serve(const char *host, const char *port, http_answer *answer);

#endif
