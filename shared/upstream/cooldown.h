/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_COOLDOWN_H
#define UPSTREAM_COOLDOWN_H

#include <stdint.h>

#include "base/error.h"

/*
 * How long a credential is left alone after a failure. All of these times are
 * in this file and cooldown.c.
 */
enum cooldown {
	COOLDOWN_NONE, /* not the credential's fault: others would fail too */
	COOLDOWN_SOFT, /* try the others first for a while */
	COOLDOWN_HARD, /* use it only when there is no other */
};

/*
 * What a failure may put into error.cooldown_ms, in milliseconds, because it
 * is known better than by its kind.
 */
#define COOLDOWN_OVER INT64_C(1)	  /* it may be used again at once */
#define COOLDOWN_BUSY INT64_C(5000)	  /* Kimi or the account is busy now */
#define COOLDOWN_UNPAID INT64_C(300000)	  /* the plan must be renewed first */
#define COOLDOWN_USED_UP INT64_C(3600000) /* the plan's limit is reached */
#define COOLDOWN_FOREVER INT64_MAX	  /* Kimi has closed the account */

/* Whether a failure of that kind cools a credential down, and how firmly. */
enum cooldown cooldown_of(enum error_kind kind);

/*
 * The time in milliseconds: COOLDOWN_FOREVER, else the time that Kimi named,
 * else the failure's own, else that of its kind. 0 after COOLDOWN_NONE.
 */
int64_t cooldown_ms(const struct error *why);

/* Whether Kimi named the end, or that there is none: then the credential is
 * not used before. Every other time is a guess. */
bool cooldown_is_named(const struct error *why);

/*
 * What is told to the requests that find the credential in cooldown, beside the
 * kind; NULL: nothing. A failure that may be about what a request said has no
 * words.
 */
const char *cooldown_words(const struct error *why);

#endif
