/* SPDX-License-Identifier: MIT */
#ifndef FCGI_LISTEN_H
#define FCGI_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Connections that wait to be accepted. */
#define LISTEN_BACKLOG 1024

/* Where a listening socket comes from. */
enum listen_origin {
	LISTEN_OPENED,	/* by listen_open */
	LISTEN_SYSTEMD, /* it also keeps it open, and starts us again */
	LISTEN_STDIN,	/* from the web server, or from spawn-fcgi */
};

struct listener {
	int fd;
	enum listen_origin origin;
	const char *path; /* of a Unix socket that was opened here, or NULL */
	dev_t device;	  /* of `path` … */
	ino_t inode;	  /* … as long as nobody replaces it */
};

/*
 * Finds a listening socket that was passed on: by systemd, or as standard
 * input. False with ERROR_SETUP if there is none, or more than one.
 */
bool listen_inherit(struct listener *l, struct error *e);

/*
 * Opens a listening socket. `where`, which is borrowed, is the path of a Unix
 * socket or HOST:PORT, where HOST must be loopback, as whoever can connect is
 * trusted. A Unix socket gets mode 0660. It takes the place of one that nobody
 * serves, or whose process has called listen_leave, without a moment between
 * the two. False with ERROR_SETUP if it is in use or cannot be opened.
 */
bool listen_open(struct listener *l, const char *where, struct error *e);

/* Lets another process take the path of a Unix socket. */
void listen_leave(const struct listener *l);

/* Whether one has. */
bool listen_is_replaced(const struct listener *l);

/* Removes the path of a Unix socket that was opened here, unless it is another
 * one's by now. The descriptor stays open. */
void listen_remove(const struct listener *l);

#endif
