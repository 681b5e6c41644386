/* SPDX-License-Identifier: MIT */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Whether an address belongs to the public Internet (RFC 6890 and its
 * registries), so that a stranger who names it reaches nothing that only this
 * machine can reach. IPv6 addresses that embed an IPv4 address are judged by
 * that.
 */
bool address_is_public(const struct sockaddr *address);

#endif
