/* SPDX-License-Identifier: MIT */
/* Whether the tokens that a service reports can be true. */
#include "upstream/api/reported_usage.h"

#include <math.h>

/* Several times the largest window of Kimi's models. */
#define MOST_TOKENS (8 * 1024 * 1024)

static bool is_possible(const cJSON *v)
{
	return cJSON_IsNumber(v) && v->valuedouble >= 0 &&
	       v->valuedouble <= MOST_TOKENS &&
	       floor(v->valuedouble) == v->valuedouble;
}

void reported_usage_read(struct reported_usage *u, int64_t *n,
			 const cJSON *usage, const char *path)
{
	const cJSON *v = json_at(usage, path);

	if (v == NULL || cJSON_IsNull(v))
		return;
	if (is_possible(v))
		*n = (int64_t)v->valuedouble;
	else
		u->impossible = true;
}

/* No prompt is empty, and nothing is said for nothing. */
static bool is_believable(const struct reported_usage *u, int64_t total,
			  const struct chat_stream *stream)
{
	const struct chat_usage *t = &u->tokens;

	if (u->impossible || t->prompt == 0 ||
	    t->cached + t->cache_write > t->prompt ||
	    t->cache_write_1h > t->cache_write || t->reasoning > t->completion)
		return false;
	if (t->completion == 0 && stream->started)
		return false;
	return total == 0 || total == t->prompt + t->completion;
}

bool reported_usage_pass_on(const struct reported_usage *u, int64_t total,
			    struct chat_stream *stream)
{
	struct chat_usage tokens = { 0 };
	bool ok = is_believable(u, total, stream);

	if (ok) {
		tokens = u->tokens;
		tokens.source = CHAT_USAGE_UPSTREAM;
	}
	chat_stream_usage(stream, &tokens);
	return ok;
}
