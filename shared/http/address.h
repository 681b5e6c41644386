/* SPDX-License-Identifier: MIT */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Whether an address is of the public Internet (RFC 6890 and its registries),
 * so that whoever names it reaches nothing that only this machine can. IPv6
 * addresses that stand for an IPv4 one are judged by that.
 */
bool address_is_public(const struct sockaddr *address);

#endif
