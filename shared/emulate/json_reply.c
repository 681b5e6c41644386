/* SPDX-License-Identifier: MIT */
/* Replies that have to be JSON. */
#include "emulate/json_reply.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "emulate/schema_check.h"

#define FENCE "```"
#define FENCE_LENGTH 3

static void skip(struct raw_slice *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static void trim(struct raw_slice *s)
{
	s->p = text_trim(s->p, &s->n);
}

static bool is_fence(const char *p)
{
	return memcmp(p, FENCE, FENCE_LENGTH) == 0;
}

struct raw_slice json_reply_bare(struct raw_slice s)
{
	trim(&s);
	if (s.n < FENCE_LENGTH || !is_fence(s.p))
		return s;
	skip(&s, FENCE_LENGTH);
	while (s.n > 0 && isalnum((unsigned char)*s.p)) /* json */
		skip(&s, 1);
	if (s.n >= FENCE_LENGTH && is_fence(s.p + s.n - FENCE_LENGTH))
		s.n -= FENCE_LENGTH;
	trim(&s);
	return s;
}

const char *json_reply_fault(struct raw_slice bare,
			     const struct chat_request *request,
			     struct arena *a)
{
	struct error e;
	const cJSON *schema, *value;

	if (bare.n == 0)
		return "The reply is empty";
	value = json_parse(a, bare.p, bare.n, &e);
	if (value == NULL)
		return arena_printf(a, "The reply is not JSON: %.*s",
				    (int)strcspn(e.message, "."), e.message);
	if (request->format != CHAT_FORMAT_SCHEMA)
		return cJSON_IsObject(value) ? NULL :
					       "The reply is not a JSON object";
	schema = json_parse(a, request->schema, strlen(request->schema), &e);
	return schema_check(value, json_at(schema, "schema"), a);
}
