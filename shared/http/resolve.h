/* SPDX-License-Identifier: MIT */
#ifndef HTTP_RESOLVE_H
#define HTTP_RESOLVE_H

#include <stddef.h>
#include <sys/socket.h>

#define RESOLVE_MAX 16

/*
 * The addresses of a host, from the system's resolver: a name, or an address in
 * any spelling it accepts. Returns how many, at most `max`; 0 if there are
 * none. Callers use no other address than these.
 */
size_t resolve_host(const char *host, struct sockaddr_storage *list,
		    size_t max);

#endif
