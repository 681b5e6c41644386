/* SPDX-License-Identifier: MIT */
/* Kimi Code: what is left of the membership. */
#include "upstream/api/code_usages.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "upstream/api/code_identity.h"
#include "upstream/api/json_call.h"

#define LIMIT (64 * 1024)

/* Numbers come as decimal strings, and some are left out. */
static int64_t number_at(const cJSON *v, const char *name, int64_t fallback)
{
	const char *text = json_text(v, name);
	int64_t n = text != NULL ? strtoll(text, NULL, 10) :
				   json_int(v, name, fallback);

	return n < 0 ? fallback : n;
}

static void put_window(struct json_writer *w, const char *name, const cJSON *v)
{
	int64_t limit = number_at(v, "limit", -1);
	int64_t used = number_at(v, "used", -1);
	int64_t left = number_at(v, "remaining", -1);

	if (used < 0 && limit >= 0 && left >= 0)
		used = limit - left;
	if (left < 0 && limit >= 0 && used >= 0)
		left = limit - used;
	json_object(w, NULL);
	json_put_text(w, "window", name);
	if (limit >= 0)
		json_put_int(w, "limit", limit);
	if (used >= 0)
		json_put_int(w, "used", used);
	if (left >= 0)
		json_put_int(w, "remaining", left);
	json_put_text(w, "resets_at", json_text(v, "resetTime"));
	json_close_object(w);
}

static const char *window_name(struct arena *a, const cJSON *v)
{
	const char *unit = json_text(v, "window.timeUnit");
	int64_t n = json_int(v, "window.duration", 0);

	if (unit == NULL)
		return "window";
	if (strncmp(unit, "TIME_UNIT_", 10) == 0)
		unit += 10;
	return arena_printf(a, "%lld %s", (long long)n, unit);
}

static const cJSON *get_usages(struct upstream_call *call)
{
	struct api_service service = code_identity_service(call);

	return json_call_get(call, &service, "/usages");
}

const char *code_usages(struct upstream_call *call)
{
	const cJSON *body = get_usages(call), *v;
	struct json_writer w;
	struct buf *out;

	if (body == NULL)
		return NULL;
	out = arena_buf(call->arena, LIMIT);
	json_writer_init(&w, out);
	json_array(&w, NULL);
	if (json_at(body, "usage") != NULL)
		put_window(&w, "billing cycle", json_at(body, "usage"));
	cJSON_ArrayForEach(v, json_at(body, "limits"))
		put_window(&w, window_name(call->arena, v),
			   json_at(v, "detail"));
	json_close_array(&w);
	return buf_text(out);
}

/* Milliseconds from now; 0 for no time, or one that has passed. */
static int64_t until(const char *time)
{
	struct tm tm = { 0 };
	int64_t at;

	if (time == NULL || strptime(time, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return 0;
	at = (int64_t)timegm(&tm) * 1000;
	return at > clock_wall_ms() ? at - clock_wall_ms() : 0;
}

static int64_t reset_of(const cJSON *v)
{
	int64_t left = number_at(v, "remaining", -1);

	if (left < 0)
		left = number_at(v, "limit", 1) - number_at(v, "used", 0);
	return left > 0 ? 0 : until(json_text(v, "resetTime"));
}

int64_t code_usages_reset_ms(struct upstream_call *call)
{
	const cJSON *body = get_usages(call), *v;
	int64_t latest = body == NULL ? 0 : reset_of(json_at(body, "usage"));

	cJSON_ArrayForEach(v, json_at(body, "limits")) {
		int64_t reset = reset_of(json_at(v, "detail"));

		if (reset > latest)
			latest = reset;
	}
	return latest;
}
