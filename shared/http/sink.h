/* SPDX-License-Identifier: MIT */
#ifndef HTTP_SINK_H
#define HTTP_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "http/gateway.h"

/*
 * All output goes through here. After the first failure every write fails at
 * once, because libfcgi reports a lost client only once; so nobody else has to
 * check.
 */
struct sink {
	const struct gateway *gateway;
	bool broken;
	bool pending; /* written since the last flush */
};

void sink_init(struct sink *s, const struct gateway *gateway);
bool sink_write(struct sink *s, const void *p, size_t n);

/* Sends what was written since the last flush, if anything. */
bool sink_flush(struct sink *s);

#endif
