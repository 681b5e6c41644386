/* SPDX-License-Identifier: MIT */
/* What only the owner may see. */
#include "app/usage/admin.h"

#include "app/auth.h"

struct store *admin_store(struct exchange *x, struct error *e)
{
	struct caller caller;
	struct store *store = auth_store(x, &caller, e);

	if (store == NULL || caller.key.admin)
		return store;
	error_set(e, ERROR_ADMIN,
		  "This needs an admin key: it tells what all API keys use. "
		  "The owner of this server makes one with 'kimi-proxy key add "
		  "NAME --admin yes'.");
	return NULL;
}
