/* SPDX-License-Identifier: MIT */
#ifndef HTTP_CLIENT_SOCKET_H
#define HTTP_CLIENT_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds between two looks. */
#define CLIENT_SOCKET_EVERY_MS 2000

/* Gives a CGI variable of the request, or NULL. */
typedef const char *client_param(void *ctx, const char *name);

/*
 * The web server's TCP connection to the client, as the kernel sees it. Most web
 * servers do not say that a client left before they have something to send to
 * it, but the kernel knows.
 */
struct client_socket {
	client_param *param; /* its addresses and ports */
	void *ctx;	     /* for `param` */
	int64_t next_ms;
};

void client_socket_init(struct client_socket *c, client_param *param,
			void *ctx);

/*
 * Whether the client has closed its side. False if the kernel knows no such
 * connection, as behind a proxy on another machine, and between two looks.
 */
bool client_socket_is_closed(struct client_socket *c);

#endif
