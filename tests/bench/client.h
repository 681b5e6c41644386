/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "reply.h"
#include "samples.h"
#include "turns.h"

/* What is asked, the same each time. */
struct load {
	uint16_t port;
	const char *path, *header, *body;
	unsigned requests;    /* in all */
	unsigned connections; /* at once */
	unsigned pieces;      /* of each streamed answer; 0: not streamed */
	int64_t ramp_us;      /* the first connections open within this */
	int64_t limit_us;     /* of the whole run */
};

struct outcome {
	unsigned done;	    /* answered as they should be */
	unsigned refused;   /* another status than 2xx */
	unsigned broken;    /* cut, unreadable, or too late */
	unsigned disorder;  /* streams with a missing or misplaced piece */
	unsigned most;	    /* open at once */
	int64_t elapsed_us; /* from the first request to the last answer */
	struct samples latencies, delays;
	struct turns turns; /* of streams */
};

void client_run(const struct load *load, struct outcome *outcome);

/* A port of 127.0.0.1 that nobody uses now; 0 if there is none. */
uint16_t client_free_port(void);

#endif
