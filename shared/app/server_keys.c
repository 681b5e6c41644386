/* SPDX-License-Identifier: MIT */
/* This server's own API keys, hashed once when they are loaded. */
#include "app/server_keys.h"

void server_keys_init(struct server_keys *k, const struct config_list *keys,
		      struct arena *a)
{
	bool none = keys->items == NULL;
	const char *const *texts = none ? secret_public_keys : keys->items;

	k->n = none ? SECRET_PUBLIC_KEYS : keys->n;
	k->well_known = none;
	k->items = arena_array(a, k->n, sizeof(*k->items));
	for (size_t i = 0; i < k->n; i++) {
		secret_fingerprint(texts[i], k->items[i].fingerprint);
		k->items[i].label = secret_label(a, texts[i]);
	}
}

const struct server_key *
server_keys_find(const struct server_keys *k,
		 const char fingerprint[FINGERPRINT_SIZE])
{
	const struct server_key *found = NULL;

	for (size_t i = 0; i < k->n; i++)
		if (secret_same_fingerprint(k->items[i].fingerprint,
					    fingerprint))
			found = &k->items[i];
	return found;
}
