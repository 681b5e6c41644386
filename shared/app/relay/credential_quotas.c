/* SPDX-License-Identifier: MIT */
/* What is left of the accounts of credentials. */
#include "app/relay/credential_quotas.h"

#include "app/access_token.h"
#include "store/quotas.h"
#include "upstream/note.h"

/* What cannot be kept has to be asked for again. */
static void keep(struct service_call *c, const struct quota_list *list)
{
	struct error ignored;

	store_quotas_save(c->store, c->credential->fingerprint, list, &ignored);
	if (list->plan != NULL &&
	    note_find(&c->call, CREDENTIAL_PLAN_NOTE) == NULL)
		note_save(&c->call, CREDENTIAL_PLAN_NOTE, list->plan);
}

bool credential_quotas_refresh(struct service_call *c, struct quota_list *list)
{
	const struct credential *credential = c->credential;

	bool ok = access_token_obtain(c->store, credential, NULL, &c->call) &&
		  credential->upstream->quotas(&c->call, list);

	/* An access token that Kimi refuses is renewed once. */
	if (!ok && c->call.bearer != NULL &&
	    credential->upstream->renew != NULL &&
	    c->call.error->kind == ERROR_CREDENTIAL)
		ok = access_token_obtain(c->store, credential, c->call.bearer,
					 &c->call) &&
		     credential->upstream->quotas(&c->call, list);
	if (ok)
		keep(c, list);
	return ok;
}
