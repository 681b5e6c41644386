/* SPDX-License-Identifier: MIT */
#ifndef HTTP_SINK_H
#define HTTP_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "http/gateway.h"

/*
 * The way out. The first failure is remembered and every later write fails at
 * once (libfcgi reports a lost client only once), so nobody else has to check.
 */
struct sink {
	const struct gateway *gateway;
	bool broken;
	bool pending; /* written since the last flush */
};

void sink_init(struct sink *s, const struct gateway *gateway);
bool sink_write(struct sink *s, const void *p, size_t n);

/* Sends what was written; nothing to do if nothing was. */
bool sink_flush(struct sink *s);

#endif
