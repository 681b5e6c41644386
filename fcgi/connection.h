/* SPDX-License-Identifier: MIT */
#ifndef FCGI_CONNECTION_H
#define FCGI_CONNECTION_H

#include "fcgi/server.h"

/* Serves all requests of an accepted connection and closes it. */
void connection_serve(struct server *s, int fd);

#endif
