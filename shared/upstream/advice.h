/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_ADVICE_H
#define UPSTREAM_ADVICE_H

#include "upstream/credential.h"

#define ADVICE_SIZE 512

/* What is wrong with a credential until its owner does something about it. */
enum trouble {
	TROUBLE_NONE,	 /* nothing: it passes, or may be about the request */
	TROUBLE_KEY,	 /* Kimi does not accept it */
	TROUBLE_CLOSED,	 /* Kimi has closed the account */
	TROUBLE_PLAN,	 /* the account's plan has run out */
	TROUBLE_PROGRAM, /* Kimi does not serve this program */
	TROUBLE_QUOTA,	 /* nothing is left of quota or balance */
};

enum trouble advice_trouble(const struct error *why);

/*
 * What Kimi said of a credential in one sentence or two, with what its owner
 * has to do before it works again; the same wherever it is read: log, database,
 * reply, command. `why->message` are Kimi's words. False: TROUBLE_NONE.
 */
bool advice_write(char out[ADVICE_SIZE], const struct credential *c,
		  const struct error *why);

/* Whether that means that Kimi refuses the credential, for whatever request. */
bool advice_is_refusal(const struct error *why);

#endif
