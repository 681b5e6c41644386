/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CREDENTIAL_CHECK_H
#define APP_RELAY_CREDENTIAL_CHECK_H

#include "app/owner_credentials.h"
#include "chat/chat.h"
#include "store/outcome.h"
#include "upstream/quota.h"

enum credential_health {
	CREDENTIAL_OK,
	CREDENTIAL_PAUSED,
	CREDENTIAL_EXPIRED,	/* its token cannot be renewed */
	CREDENTIAL_REFUSED,	/* Kimi does not accept it */
	CREDENTIAL_CLOSED,	/* Kimi has closed the account */
	CREDENTIAL_NO_PLAN,	/* the account's plan has run out */
	CREDENTIAL_NO_QUOTA,	/* nothing is left of quota or balance */
	CREDENTIAL_NOT_LISTED,	/* Kimi does not serve this program */
	CREDENTIAL_BUSY,	/* it runs as many requests as it may */
	CREDENTIAL_UNREACHABLE, /* Kimi did not answer, or not sensibly */
	CREDENTIAL_UNUSABLE,	/* it cannot be decrypted */
};

/* "ok", "no quota" */
const char *credential_health_name(enum credential_health health);

/* What Kimi says of a credential. Texts live as long as the arena. */
struct credential_report {
	const struct owner_credential *of;
	struct arena arena;
	enum credential_health health;
	const char *says; /* what happened and what to do; NULL: all is well */
	int64_t until;	  /* when that passes; wall clock, ms; 0: not known */
	const char *host; /* that knows it; NULL: not known */
	const char *plan; /* as Kimi calls it; NULL: not known */
	struct quota_list quotas;
	const char *model;	 /* that the call was made to; NULL: none was */
	struct chat_usage usage; /* of that call, … */
	struct store_cost cost;	 /* … which is not in the database */
};

/* What to do besides asking. */
#define CREDENTIAL_CHECK_CALL 1	 /* a request for one token, which costs */
#define CREDENTIAL_CHECK_APPLY 2 /* begin or end cooldowns accordingly */

/*
 * Asks Kimi about each of `n` credentials, all at once: what it says without
 * cost, in ten seconds at most, of the account, its models and what is left.
 * `reports` has `n` elements; the caller ends them.
 */
void credential_check(struct app *app, const struct owner_credential *list,
		      size_t n, unsigned flags,
		      struct credential_report *reports);
void credential_check_end(struct credential_report *reports, size_t n);

/* The same without asking: what is known from before. */
bool credential_check_known(struct app *app, const struct owner_credential *c,
			    struct credential_report *report, struct error *e);

#endif
