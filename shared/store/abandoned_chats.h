/* SPDX-License-Identifier: MIT */
#ifndef STORE_ABANDONED_CHATS_H
#define STORE_ABANDONED_CHATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/store.h"
#include "upstream/upstream.h"

/*
 * Chats at Kimi that are to be deleted there. One is noted while its request
 * runs, as its process may be killed, and in the transaction that closes the
 * turn. A conversation that continues in a chat takes its note away; one that
 * leaves its chat, or is deleted, adds it.
 */

/* A chat that a request made. */
struct abandoned_chat {
	struct abandoned_chat *next; /* made before it */
	const char *credential;	     /* fingerprint */
	const char *chat;
	int64_t made_ms; /* clock_ms */
	bool held;	 /* noted as one whose request runs, … */
	bool released;	 /* … or may run no more */
};

/* Their request has ended, and closed no turn. */
bool store_abandoned_chats_release(struct store *s,
				   struct abandoned_chat *chats,
				   struct error *e);

/* When the first chat of each credential, by its fingerprint, may be deleted:
 * wall clock, INT64_MAX if it has none. */
bool store_abandoned_chats_due(struct store *s, const char *const *credentials,
			       size_t n, int64_t *at_ms, struct error *e);

/* As many as are deleted at once. */
#define ABANDONED_BATCH 50

/* Chats of a credential that this process is deleting. */
struct abandoned_batch {
	const char *credential;
	struct upstream_chat chats[ABANDONED_BATCH];
	int64_t tries[ABANDONED_BATCH]; /* that have failed */
	size_t n;			/* 0: there are no more */
	int64_t retry_ms; /* wall clock: when the first failed one is due */
};

void store_abandoned_batch_init(struct abandoned_batch *b,
				const char *credential);

/*
 * Notes what became of the chats in the batch, and fills it with the next ones;
 * both in one transaction. What was not deleted is tried again later, a few
 * times.
 */
bool store_abandoned_chats_next(struct store *s, struct abandoned_batch *batch,
				struct arena *a, struct error *e);

#endif
