/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CREDENTIAL_CHECK_H
#define APP_RELAY_CREDENTIAL_CHECK_H

#include "app/relay/credential_report.h"

/* What to do besides asking. */
#define CREDENTIAL_CHECK_CALL 1	 /* a request for one token, which costs */
#define CREDENTIAL_CHECK_APPLY 2 /* begin or end cooldowns accordingly */

/*
 * Asks Kimi about each of `n` credentials, all at once: what it says without
 * cost of the account, its models and what is left, as far as it can be asked
 * within ten seconds. `reports` has `n` elements; the caller ends them.
 */
void credential_check(struct app *app, const struct owner_credential *list,
		      size_t n, unsigned flags,
		      struct credential_report *reports);

#endif
