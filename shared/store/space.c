/* SPDX-License-Identifier: MIT */
/* What API keys keep, and whether there is space for more. */
#include "store/space_internal.h"

#include <inttypes.h>
#include <string.h>

#define ADVICE                                                                 \
	"Delete files, conversations or stored responses that are no longer "  \
	"needed."

int64_t space_of(const char *text)
{
	return text == NULL ? 0 : (int64_t)strlen(text);
}

bool space_release(struct db *db, int64_t key, enum db_statement which,
		   int64_t id, struct error *e)
{
	int64_t kept;
	struct query q;

	query_open(&q, db, which);
	query_int(&q, id);
	if (!query_first_int(&q, &kept, e))
		return false;
	db_keep(db, key, -kept);
	return true;
}

static bool sum(struct db *db, enum db_statement which, const char *of,
		int64_t *kept, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	if (of != NULL)
		query_text(&q, of);
	return query_first_int(&q, kept, e);
}

static bool check_stranger(struct db *db, const struct store_owner *owner,
			   int64_t more, struct error *e)
{
	int64_t kept, all;

	if (!sum(db, DB_STRANGER_KEPT, owner->stranger, &kept, e) ||
	    !sum(db, DB_STRANGERS_KEPT, NULL, &all, e))
		return false;
	if (more > owner->space - kept)
		return error_set(
			e, ERROR_SPACE,
			"With your own Kimi credential you can keep %" PRId64
			" bytes here (setting KIMI_STRANGER_SPACE), and keep "
			"%" PRId64 " already. " ADVICE,
			owner->space, kept);
	return more <= owner->all_space - all ||
	       error_set(e, ERROR_SPACE,
			 "All clients with Kimi credentials of their own "
			 "together can keep %" PRId64
			 " bytes here (a multiple of the setting "
			 "KIMI_STRANGER_SPACE), and keep %" PRId64
			 " already. " ADVICE,
			 owner->all_space, all);
}

bool space_check(struct db *db, const struct store_owner *owner, int64_t more,
		 struct error *e)
{
	int64_t kept;

	if (owner->stranger != NULL)
		return check_stranger(db, owner, more, e);
	return sum(db, DB_KEY_KEPT, owner->fingerprint, &kept, e) &&
	       (more <= owner->space - kept ||
		error_set(e, ERROR_SPACE,
			  "This API key can keep %" PRId64
			  " bytes (its own limit, or the setting "
			  "KIMI_KEY_SPACE), and keeps %" PRId64
			  " already. " ADVICE,
			  owner->space, kept));
}

bool store_space_check(struct store *s, const struct store_owner *owner,
		       int64_t more, struct error *e)
{
	bool one = owner->stranger == NULL; /* SELECT is enough */
	struct db *db = db_begin(s, one ? DB_LOOK : DB_READ, e);

	return db != NULL && db_end(s, db, space_check(db, owner, more, e), e);
}
