/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_ADVICE_H
#define UPSTREAM_ADVICE_H

#include "upstream/credential.h"

#define ADVICE_SIZE 512

/*
 * What Kimi said of a credential in one sentence or two, with what its owner
 * has to do before it works again; the same wherever it is read: log, database,
 * reply, command. `why->message` are Kimi's words. False: there is nothing to
 * do, as it passes by itself or may be about the request.
 */
bool advice_write(char out[ADVICE_SIZE], const struct credential *c,
		  const struct error *why);

/* Whether that means that Kimi refuses the credential, for whatever request. */
bool advice_is_refusal(const struct error *why);

#endif
