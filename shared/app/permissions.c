/* SPDX-License-Identifier: MIT */
/* Lists of what API keys may use. */
#include "app/permissions.h"

#include <string.h>

static bool matches(const char *entry, const char *name)
{
	size_t n = strlen(entry);

	if (n > 0 && entry[n - 1] == '*')
		return strncmp(entry, name, n - 1) == 0;
	return strcmp(entry, name) == 0;
}

/* An absent list has everything. */
static bool has(const struct config_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (matches(list->items[i], name))
			return true;
	return list->items == NULL;
}

bool permissions_have_model(const struct store_api_key *k, const char *name)
{
	return has(&k->models, name);
}

bool permissions_check_model(const struct store_api_key *k, const char *asked,
			     const char *name, struct arena *a, struct error *e)
{
	return permissions_have_model(k, name) ||
	       permissions_have_model(k, asked) ||
	       error_field(e, ERROR_MODEL_NOT_ALLOWED, "model",
			   "This API key may not use the model '%.64s'. It may "
			   "use: %.300s.",
			   asked, config_list_join(a, &k->models, ", "));
}

bool permissions_narrow(const struct store_api_key *k,
			const struct credential **list, size_t *n,
			struct arena *a, struct error *e)
{
	struct credential *allowed;
	size_t n_allowed = 0;

	if (k->credentials.items == NULL || *n == 0)
		return true;
	allowed = arena_array(a, *n, sizeof(*allowed));
	for (size_t i = 0; i < *n; i++)
		if (has(&k->credentials, (*list)[i].label))
			allowed[n_allowed++] = (*list)[i];
	*list = allowed;
	*n = n_allowed;
	return n_allowed > 0 ||
	       error_set(e, ERROR_SETUP,
			 "This server has none of the credentials that this "
			 "API key may use: %.300s.",
			 config_list_join(a, &k->credentials, ", "));
}
