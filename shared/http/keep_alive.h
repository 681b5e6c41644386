/* SPDX-License-Identifier: MIT */
#ifndef HTTP_KEEP_ALIVE_H
#define HTTP_KEEP_ALIVE_H

#include <stdint.h>

#include "http/sink.h"

/*
 * When a streaming client that was sent nothing for a while needs a sign of
 * life, so that neither it nor a proxy in between gives up. All times are
 * milliseconds of clock_ms.
 */
struct keep_alive {
	int64_t every_ms, last_ms;
};

/* The first is due in `every_ms` from now. */
void keep_alive_init(struct keep_alive *k, int64_t every_ms);

/* Call it before a flush: if anything was written, the time starts again. An
 * event that is hidden from the client writes nothing. */
void keep_alive_wrote(struct keep_alive *k, const struct sink *sink);

/* How long until the next one is due; 0 or less: it is due now. */
int64_t keep_alive_due_in(const struct keep_alive *k, int64_t now);

#endif
