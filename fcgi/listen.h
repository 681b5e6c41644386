/* SPDX-License-Identifier: MIT */
#ifndef FCGI_LISTEN_H
#define FCGI_LISTEN_H

#include <stdbool.h>

#include "base/error.h"

/* Whether the web server handed a listening socket over as descriptor 0. */
bool listen_inherited(void);

/*
 * Opens a socket: a path (Unix, mode 0660) or HOST:PORT, where HOST must be
 * loopback, since whoever can connect is trusted. -1 and a filled `e` when
 * it is taken or cannot be made.
 */
int listen_open(const char *where, struct error *e);

/* Removes the path of a Unix socket; other kinds leave nothing. */
void listen_remove(const char *where);

#endif
