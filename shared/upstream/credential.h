/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_CREDENTIAL_H
#define UPSTREAM_CREDENTIAL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/secret.h"

struct upstream;

/* What we show Kimi. The secret is never logged, and stored only encrypted. */
struct credential {
	const struct upstream *upstream;
	const char *secret;
	const char *label; /* what people recognise it by */
	char fingerprint[FINGERPRINT_SIZE];
	bool of_client; /* who sent it as its API key */
	bool kept;	/* in the database, not in the settings */
};

/*
 * Reads one entry of KIMI_TOKENS. The service follows from a prefix
 * ("platform:", "web:", "code:") or else from the shape: "sk-kimi-…" is Kimi
 * Code, another "sk-…" Open Platform, a JWT or any other word Kimi web. On failure
 * the message is what is to be said of it: "is empty."
 */
bool credential_parse(struct credential *c, struct arena *a, const char *entry,
		      struct error *e);

/*
 * Whether a client's bearer token can be a Kimi credential at all. Stricter
 * than the above: a word of no known shape, without a prefix, is somebody's
 * typing mistake or another service's secret, and is sent nowhere.
 */
bool credential_plausible(struct arena *a, const char *entry);

#endif
