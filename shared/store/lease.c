/* SPDX-License-Identifier: MIT */
/* Leases: what a process has for itself, and for how long. */
#include "store/lease_internal.h"

#include <stddef.h>

#include "base/clock.h"

struct lease lease_take(struct lease_owners *owners, int64_t ms)
{
	return (struct lease){
		.owner = lease_owners_own(owners),
		.until = clock_wall_ms() + ms,
		.uptime = clock_ms() + ms,
	};
}

static bool lasts(int64_t end, int64_t now)
{
	return end > now && end <= now + LEASE_LONGEST_MS;
}

bool lease_is_held(struct lease_owners *owners, const struct lease *l)
{
	if (l->uptime == 0)
		return lasts(l->until, clock_wall_ms());
	return lasts(l->uptime, clock_ms()) &&
	       (l->owner == 0 || lease_owners_run(owners, l->owner));
}

static void held(sqlite3_context *context, int n, sqlite3_value **values)
{
	const struct lease l = {
		.owner = sqlite3_value_int64(values[0]),
		.until = sqlite3_value_int64(values[1]),
		.uptime = sqlite3_value_int64(values[2]),
	};

	(void)n;
	sqlite3_result_int(context,
			   lease_is_held(sqlite3_user_data(context), &l));
}

static void runs(sqlite3_context *context, int n, sqlite3_value **values)
{
	(void)n;
	sqlite3_result_int(context,
			   lease_owners_run(sqlite3_user_data(context),
					    sqlite3_value_int64(values[0])));
}

int lease_add_functions(struct lease_owners *owners, sqlite3 *handle)
{
	int code = sqlite3_create_function_v2(handle, "held", 3, SQLITE_UTF8,
					      owners, held, NULL, NULL, NULL);

	if (code != SQLITE_OK)
		return code;
	return sqlite3_create_function_v2(handle, "runs", 1, SQLITE_UTF8,
					  owners, runs, NULL, NULL, NULL);
}
