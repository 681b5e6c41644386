/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_ATTEMPT_INTERNAL_H
#define APP_RELAY_ATTEMPT_INTERNAL_H

#include <stdatomic.h>

#include "app/relay/try_internal.h"

/* What the choices of a request know of each other, while each gets its reply
 * by itself. */
struct attempt_peers {
	atomic_uint running; /* without those that wait for one to end */
	atomic_uint ended;
	atomic_uint slots; /* that they hold together */
};

/*
 * Private to the relay: gets a reply from Kimi. Tries one credential after
 * another, waits for a slot if the service allows only so many requests at
 * once, and tries again after temporary faults: four requests to Kimi may fail,
 * two of each choice if there are several, and all within a time. There are no
 * more tries after the first content, since the client then has part of this
 * reply. One of several choices waits for the others rather than failing
 * because of them. False, with the error that takes precedence, if no credential
 * has delivered the whole reply.
 */
bool attempt_run(struct attempt *t);

/* Renews the slot; due whenever the request's row is renewed. */
void attempt_renew_slot(const struct attempt *t);

/* Gives back the slot of a reply that is whole, or has failed. */
void attempt_release_slot(struct attempt *t);

/* Where the conversation may be continued at Kimi: nowhere if the chat's
 * messages differ from the stored ones. */
struct chat_bookmark attempt_bookmark(const struct attempt *t);

#endif
