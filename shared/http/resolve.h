/* SPDX-License-Identifier: MIT */
#ifndef HTTP_RESOLVE_H
#define HTTP_RESOLVE_H

#include <stddef.h>
#include <sys/socket.h>

#define RESOLVE_MAX 16

/*
 * The addresses of a host, by the system's resolver: a name, or an address in
 * any spelling it knows. 0 when there are none. RESOLVE_MAX at most; should
 * there be more, none of those left out is ever used.
 */
size_t resolve_host(const char *host, struct sockaddr_storage *list,
		    size_t max);

#endif
