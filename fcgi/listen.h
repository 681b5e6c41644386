/* SPDX-License-Identifier: MIT */
#ifndef FCGI_LISTEN_H
#define FCGI_LISTEN_H

#include <stdbool.h>

#include "base/error.h"

/* Whether standard input is a listening socket, passed on by the web server. */
bool listen_inherited(void);

/*
 * Opens and returns a listening socket. `where` is the path of a Unix socket,
 * which gets mode 0660 and replaces one that nobody serves, or HOST:PORT, where
 * HOST must be loopback, as whoever can connect is trusted. -1 with ERROR_SETUP
 * if it is in use or cannot be opened.
 */
int listen_open(const char *where, struct error *e);

/* Removes the path of a Unix socket; for a port there is nothing to do. */
void listen_remove(const char *where);

#endif
