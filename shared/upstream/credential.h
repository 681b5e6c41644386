/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_CREDENTIAL_H
#define UPSTREAM_CREDENTIAL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/secret.h"

struct upstream;

/* What we show Kimi. The secret never leaves for a log or the database. */
struct credential {
	const struct upstream *upstream;
	const char *secret;
	const char *label; /* what people recognise it by */
	char fingerprint[FINGERPRINT_SIZE];
};

/*
 * Reads one entry of KIMI_TOKENS. The service follows from the prefix
 * ("platform:", "web:", "code:") or else from the shape: "sk-kimi-…" Kimi
 * Code, another "sk-…" Open Platform, a JWT or any other word Kimi web.
 */
bool credential_parse(struct credential *c, struct arena *a, const char *entry,
		      struct error *e);

/*
 * Whether a client's bearer value can be a Kimi credential at all. Stricter
 * than the above: a word of no known shape is somebody's typing mistake or
 * another service's secret, and goes nowhere.
 */
bool credential_plausible(struct arena *a, const char *entry);

#endif
