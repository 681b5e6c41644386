/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CREDENTIAL_REPORT_H
#define APP_RELAY_CREDENTIAL_REPORT_H

#include "app/owner_credentials.h"
#include "chat/chat.h"
#include "store/credentials.h"
#include "store/outcome.h"
#include "upstream/quota.h"

enum credential_health {
	CREDENTIAL_OK,
	CREDENTIAL_UNCHECKED, /* Kimi never answered anything with it */
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

/* What is known of a credential. Texts live as long as the arena. */
struct credential_report {
	const struct owner_credential *of;
	struct arena arena;
	enum credential_health health;
	const char *says; /* what happened and what to do; NULL: all is well */
	int64_t until;	  /* when that passes; wall clock, ms; 0: not known */
	const char *host; /* that knows it; NULL: not known */
	const char *plan; /* as Kimi calls it; NULL: not known */
	struct quota_list quotas;
	const char *model;	 /* that answered a call; NULL: none did */
	struct chat_usage usage; /* of that call, as far as Kimi told … */
	struct store_cost cost;	 /* … and not in the database */
};

/* One that knows what the owner's list says. To be ended. */
void credential_report_begin(struct credential_report *r,
			     const struct owner_credential *of);

/* What is known of each of `n` from before, without asking Kimi. Begins all of
 * `reports`, which are to be ended even if it fails. */
bool credential_reports_known(struct app *app,
			      const struct owner_credential *list, size_t n,
			      struct credential_report *reports,
			      struct error *e);
void credential_reports_end(struct credential_report *list, size_t n);

/* A check notes that Kimi has accepted it. */
void credential_report_accepted(const struct credential_report *r,
				struct store *store);

/* Parts of it: host and plan, as they were noted; why it cools down, or did;
 * why Kimi was asked in vain. */
void credential_report_notes(struct credential_report *r, struct store *store);
void credential_report_cooldown(struct credential_report *r,
				const struct credential_state *state);
void credential_report_failure(struct credential_report *r,
			       const struct error *why);

#endif
