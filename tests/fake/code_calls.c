/* SPDX-License-Identifier: MIT */
/* Kimi Code's calls around its chats: usage, the user, search, fetching. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "code.h"
#include "fake.h"
#include "peer.h"
#include "platform_check.h"
#include "platform_error.h"
#include "platform_search.h"
#include "scene.h"

#define HOUR 3600
#define DAY (24 * HOUR)

static void time_add(struct text *body, const char *name, int seconds)
{
	time_t reset = (time_t)(clock_day_us() / 1000000) + seconds;
	char when[32] = "";
	struct tm date;

	if (gmtime_r(&reset, &date))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &date);
	text_printf(body, "\"%s\":\"%s\"", name, when);
}

/* One window of usage; its numbers are strings. */
static void detail_add(struct text *body, int limit, int used, int seconds)
{
	text_printf(body,
		    "{\"limit\":\"%d\",\"used\":\"%d\",\"remaining\":\"%d\",",
		    limit, used, limit - used);
	time_add(body, "resetTime", seconds);
	text_put(body, "}");
}

/* The same in the newer shape. */
static void part_add(struct text *body, const char *name, double ratio,
		     int seconds)
{
	text_printf(body, "\"%s\":{\"used_ratio\":%g,", name, ratio);
	time_add(body, "reset_time", seconds);
	text_put(body, "}");
}

/* How many completions a key may run at once. */
static unsigned parallel(struct fake *fake)
{
	unsigned max;

	pthread_mutex_lock(&fake->lock);
	max = fake->settings.streams_max;
	pthread_mutex_unlock(&fake->lock);
	return max ? max : 30;
}

/* Both shapes: that of counts, and that of ratios. */
enum MHD_Result code_answer_usages(struct exchange *ex, struct scene *scene)
{
	const char *refused = code_key_fault(ex, ex->token);
	struct text body = { 0 };

	if (refused)
		return platform_fault(ex, scene, refused);
	text_put(&body, "{\"usage\":");
	detail_add(&body, 100, 3, 6 * DAY);
	text_put(&body, ",\"limits\":[{\"window\":{\"duration\":300,"
			"\"timeUnit\":\"TIME_UNIT_MINUTE\"},\"detail\":");
	detail_add(&body, 100, 12, 2 * HOUR);
	text_put(&body, "}],\"usages\":{");
	part_add(&body, "limit_5h", 0.12, 2 * HOUR);
	text_put(&body, ",");
	part_add(&body, "limit_7d", 0, 6 * DAY);
	text_put(&body, ",");
	part_add(&body, "limit_month_total", 0.4, 20 * DAY);
	text_put(&body, ",");
	part_add(&body, "limit_month_code", 0.3, 20 * DAY);
	text_printf(&body,
		    "},\"parallel\":{\"limit\":\"%u\"},\"user\":{"
		    "\"membership\":{\"level\":\"LEVEL_INTERMEDIATE\"}},"
		    "\"authentication\":{\"method\":\"METHOD_API_KEY\","
		    "\"scope\":\"FEATURE_CODING\"}}",
		    parallel(ex->fake));
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result code_answer_user(struct exchange *ex, struct scene *scene)
{
	const char *refused = code_key_fault(ex, ex->token);
	struct text body = { 0 };

	if (refused)
		return platform_fault(ex, scene, refused);
	text_put(&body, "{\"user_id\":\"fake0user0of0kimi0c0\",\"nickname\":"
			"\"Fake\",\"status\":\"USER_STATUS_NORMAL\","
			"\"region\":\"REGION_CN\",\"user_level\":20,"
			"\"user_level_name\":\"Moderato\"}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

/* A result with all its members; the scene's may have few. */
static void result_add(struct text *body, const cJSON *result)
{
	static const char *const members[] = {
		"site_name", "title", "url",  "snippet",
		"content",   "date",  "icon", "mime",
	};
	const char *comma = "";

	text_put(body, "{");
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		text_printf(body, "%s\"%s\":", comma, members[i]);
		text_quote_string(body, platform_word(result, members[i]));
		comma = ",";
	}
	text_put(body, "}");
}

static enum MHD_Result refuse_without(struct exchange *ex, const char *member)
{
	struct refusal no = { 0 };

	(void)refuse(&no, "Invalid request: %s is required", member);
	return platform_refuse(ex, &no);
}

enum MHD_Result code_answer_search(struct exchange *ex, struct scene *scene)
{
	const char *refused = code_key_fault(ex, ex->token);
	const char *words = platform_word(ex->json, "text_query");
	struct text body = { 0 };
	const cJSON *result, *results = scene->search;
	const char *comma = "";
	cJSON *found;

	if (refused)
		return platform_fault(ex, scene, refused);
	if (!*words)
		return refuse_without(ex, "text_query");
	found = search_results(words);
	if (!results)
		results = found;
	text_put(&body, "{\"search_results\":[");
	cJSON_ArrayForEach(result, results) {
		text_put(&body, comma);
		result_add(&body, result);
		comma = ",";
	}
	text_put(&body, "]}");
	cJSON_Delete(found);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result code_answer_fetch(struct exchange *ex, struct scene *scene)
{
	const char *refused = code_key_fault(ex, ex->token);
	const char *url = platform_word(ex->json, "url");
	struct text body = { 0 };
	enum MHD_Result result;

	if (refused)
		return platform_fault(ex, scene, refused);
	if (!*url)
		return refuse_without(ex, "url");
	if (scene->answer)
		text_put(&body, scene->answer);
	else
		text_printf(&body, "# %s\n\nThis is the fake page.\n", url);
	result = exchange_reply(ex, scene, MHD_HTTP_OK,
				"text/markdown; charset=utf-8", &body);
	text_fini(&body);
	return result;
}
