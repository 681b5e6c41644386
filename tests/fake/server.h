/* SPDX-License-Identifier: MIT */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include <microhttpd.h>
#include <stdint.h>

struct fake;

/* Serves on 127.0.0.1 (port 0: any), with TLS if there is a certificate and
 * its key (PEM, borrowed while it runs); NULL if the port is taken. */
struct MHD_Daemon *server_start(struct fake *fake, uint16_t port,
				const char *certificate, const char *key);
uint16_t server_port(struct MHD_Daemon *daemon);

#endif
