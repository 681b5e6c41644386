/* SPDX-License-Identifier: MIT */
/* Databases that become older, and are pruned. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/retention.h"

const struct store_retention retention_thirty_days = {
	.keep_ms = 30 * RETENTION_DAY
};

void retention_pass(struct turns *f, int64_t ms)
{
	database_run(f->path,
		     arena_printf(f->arena,
				  "UPDATE requests SET started_at = started_at "
				  "- %lld; UPDATE conversations SET updated_at "
				  "= updated_at - %lld; UPDATE files SET "
				  "created_at = created_at - %lld",
				  (long long)ms, (long long)ms, (long long)ms));
}

int64_t retention_prune_by(struct turns *f, const struct store_retention *r)
{
	struct error e;
	struct store_prune_result result;

	if (!store_prune_all(f->store, r, NULL, NULL, &result, &e))
		fail_msg("%s", e.message);
	database_assert_sound(f->arena, f->path);
	database_assert_counted(f->arena, f->path);
	return result.rows;
}

int64_t retention_prune(struct turns *f)
{
	return retention_prune_by(f, &retention_thirty_days);
}

int64_t retention_rows(const struct turns *f, const char *of)
{
	return database_int(
		f->path, arena_printf(f->arena, "SELECT count(*) FROM %s", of));
}

void retention_play(struct turns *f, const char *request, const char *reply)
{
	struct store_turn *t = turns_opened(f, request, NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, reply);

	turns_close(f, t, &o);
}

void retention_fill(struct turns *f, int replies)
{
	char *text = arena_alloc(f->arena, 200001);

	memset(text, 'x', 200000);
	for (int i = 0; i < replies; i++)
		retention_play(f, arena_printf(f->arena, "fill%d", i), text);
}

int64_t retention_file_size(const struct turns *f)
{
	return database_int(f->path, "SELECT page_count * page_size FROM "
				     "pragma_page_count, pragma_page_size");
}
