/* SPDX-License-Identifier: MIT */
#ifndef APP_NEWCOMERS_H
#define APP_NEWCOMERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"

#define NEWCOMERS_REFUSED 64

struct refused_newcomer {
	char fingerprint[FINGERPRINT_SIZE];
	int64_t until_ms; /* clock_ms */
	struct error why;
};

/*
 * What a process knows of credentials that Kimi has not accepted: which it
 * refused within the last minute and in what words, as far as there is room,
 * and how many requests are asking it or wait to do so. Any thread may call.
 */
struct newcomers {
	pthread_mutex_t lock;
	pthread_cond_t left;
	unsigned asking, waiting;
	struct refused_newcomer *refused; /* NEWCOMERS_REFUSED; NULL: none */
	size_t next;			  /* is overwritten */
};

/* In zeroed memory. */
void newcomers_init(struct newcomers *n);
void newcomers_fini(struct newcomers *n);

/* Whether the credential was just refused; if so the error says it again. */
bool newcomers_refused(struct newcomers *n, const char *fingerprint,
		       struct error *e);

/* Remembers that for so long, or a minute if that is less. */
void newcomers_refuse(struct newcomers *n, const char *fingerprint, int64_t ms,
		      const struct error *why);

/* Waits until the request may ask. False with ERROR_FULL if too many wait
 * already, or at `give_up_ms` (clock_ms). */
bool newcomers_enter(struct newcomers *n, int64_t give_up_ms, struct error *e);
void newcomers_leave(struct newcomers *n);

/* Always false: ERROR_FULL. */
bool newcomers_full(struct error *e);

#endif
