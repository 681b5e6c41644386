/* SPDX-License-Identifier: MIT */
#ifndef STORE_QUOTAS_H
#define STORE_QUOTAS_H

#include "base/error.h"
#include "store/store.h"
#include "upstream/quota.h"

/* What Kimi said last of the account of a credential (its fingerprint); the new
 * ones replace all that were kept. Of the list only the items are kept. */
bool store_quotas_save(struct store *s, const char *credential,
		       const struct quota_list *list, struct error *e);

/* Appends them, in the order of their names. */
bool store_quotas_load(struct store *s, const char *credential,
		       struct quota_list *list, struct error *e);

#endif
