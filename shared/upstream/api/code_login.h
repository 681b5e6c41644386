/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_LOGIN_H
#define UPSTREAM_API_CODE_LOGIN_H

#include "upstream/upstream.h"

/*
 * Signing in to Kimi Code on another device (RFC 8628): Kimi gives a code, which
 * somebody confirms in a browser, while it is asked now and then whether they
 * did. Nothing waits in here: a command sleeps between the questions, a page
 * asks when it is asked.
 */
struct code_login {
	const char *host; /* of KIMI_CODE_URL: where the tokens are good for */
	const char *device;	/* secret, for the questions */
	const char *code, *url; /* what to confirm, and where */
	int64_t interval_ms;	/* between two questions */
	int64_t ends_ms;	/* clock_ms: then the code is of no use */
};

enum code_login_state {
	CODE_LOGIN_WAITS, /* for the person, or for a fault to pass */
	CODE_LOGIN_DONE,
	CODE_LOGIN_EXPIRED, /* begin again */
	CODE_LOGIN_FAILED,  /* the error of the call says why */
};

/* `region` is "cn" or "global" (hosts_region); NULL: the first host. */
bool code_login_begin(struct upstream_call *call, const char *region,
		      struct code_login *login);

/* Asks once. When it is done `access` has the tokens, of which Kimi knows no
 * older ones: to be stored at once. */
enum code_login_state code_login_ask(struct upstream_call *call,
				     struct code_login *login,
				     struct access_token *access);

#endif
