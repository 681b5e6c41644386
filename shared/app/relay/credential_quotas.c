/* SPDX-License-Identifier: MIT */
/* What is left of the accounts of credentials. */
#include "app/relay/credential_quotas.h"

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

bool credential_quotas_ask(struct service_call *c, struct quota_list *list)
{
	if (!c->credential->upstream->quotas(&c->call, list))
		return false;
	keep(c, list);
	return true;
}

static bool ask(struct service_call *c, void *list)
{
	return credential_quotas_ask(c, list);
}

bool credential_quotas_refresh(struct service_call *c, struct quota_list *list)
{
	return service_call_run(c, ask, list);
}
