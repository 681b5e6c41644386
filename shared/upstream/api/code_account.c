/* SPDX-License-Identifier: MIT */
/* Kimi Code: tokens, models, search, and what is left of the membership. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "upstream/api/code.h"
#include "upstream/hosts.h"
#include "upstream/web/service.h"

#define USAGES_LIMIT (64 * 1024)
#define SEARCH_LIMIT (1024 * 1024)
#define FINISH_MS 20000
#define DEFAULT_LIFE_MS (900 * 1000)

struct access_token code_access(struct arena *a, const char *secret)
{
	if (strncmp(secret, "sk-", 3) == 0)
		return (struct access_token){ .token = secret,
					      .expires_ms = INT64_MAX };
	return web_access(a, secret);
}

/* What a token says of a grant is form-encoded: it has letters of base64url
 * and dots, or it is none. */
static bool is_form_safe(const char *token)
{
	for (; *token != '\0'; token++)
		if (strchr("&=+% #", *token) != NULL)
			return false;
	return true;
}

/* What OAuth has to say of a grant (D6): the token is refused, unless the
 * service is in trouble. */
static const char *refused_grant(const struct http_reply *reply,
				 const cJSON *tree)
{
	if (reply->status / 100 == 5 || reply->status == 429)
		return NULL;
	return json_text(tree, "error");
}

static const cJSON *read_reply(struct upstream_call *call,
			       const struct http_reply *reply, bool renewal)
{
	struct error ignored;
	const cJSON *tree = json_parse(call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);
	const char *grant = renewal ? refused_grant(reply, tree) : NULL;

	if (grant != NULL)
		error_set(call->error, ERROR_CREDENTIAL,
			  "Kimi refuses to renew the token: %.80s.", grant);
	else if (reply->status / 100 == 2 && tree != NULL)
		return tree;
	else
		failure_set(call->error,
			    &(struct failure){
				    .service = FAILURE_CODE,
				    .status = reply->status,
				    .type = json_text(tree, "error.type"),
				    .message = json_text(tree, "error.message"),
				    .retry_after_ms = reply->retry_after_ms });
	return NULL;
}

/* A renewal shows no bearer token: it is the refused one. */
static const cJSON *post(struct upstream_call *call, struct http_call *http)
{
	struct http_reply reply;
	const cJSON *tree = NULL;

	http->method = "POST";
	http->body_len = strlen(http->body);
	http->abandon = HTTP_ABANDON_NEVER;
	http->max_ms = FINISH_MS;
	http_reply_init(&reply);
	if (call->http->send(call->http, http, &reply, call->error))
		tree = read_reply(call, &reply, http->bearer == NULL);
	buf_fini(&reply.body);
	return tree;
}

bool code_renew(struct upstream_call *call, const char *refresh,
		struct access_token *access)
{
	struct platform_service service = code_service(call);
	const char *client = call->config->code_client_id;
	const char *host = hosts_first(call, service.urls);
	const char *auth =
		hosts_beside(service.urls, host, &call->config->auth_urls);
	/* Its first use may use the refresh token up. */
	struct http_call http = { .type = "application/x-www-form-urlencoded",
				  .headers = service.headers,
				  .once = true };
	const cJSON *answer;

	if (client == NULL)
		return error_set(call->error, ERROR_CREDENTIAL,
				 "Kimi Code tokens are renewed only with the "
				 "setting KIMI_CODE_CLIENT_ID.");
	if (!is_form_safe(refresh))
		return error_set(call->error, ERROR_CREDENTIAL,
				 "The refresh token of Kimi Code has "
				 "characters that no token has.");
	http.url = arena_printf(call->arena, "%s/api/oauth/token", auth);
	http.body = arena_printf(call->arena,
				 "client_id=%s&grant_type=refresh_token&"
				 "refresh_token=%s",
				 client, refresh);
	answer = post(call, &http);
	if (answer == NULL)
		return false;
	access->token = json_text(answer, "access_token");
	access->refresh = json_text(answer, "refresh_token");
	if (access->token == NULL)
		return error_set(call->error, ERROR_UPSTREAM,
				 "Kimi renewed a token without giving one.");
	if (access->refresh == NULL)
		access->refresh = refresh;
	access->expires_ms =
		clock_wall_ms() +
		json_int(answer, "expires_in", DEFAULT_LIFE_MS / 1000) * 1000;
	return true;
}

static void read_traits(struct model *m, const cJSON *v)
{
	const char *thinking = json_text(v, "supports_thinking_type");
	const char *protocol = json_text(v, "protocol");

	m->traits &= ~(unsigned)(MODEL_IMAGES | MODEL_VIDEOS);
	if (cJSON_IsTrue(json_at(v, "supports_image_in")))
		m->traits |= MODEL_IMAGES;
	if (cJSON_IsTrue(json_at(v, "supports_video_in")))
		m->traits |= MODEL_VIDEOS;
	if (cJSON_IsTrue(json_at(v, "supports_reasoning")))
		m->traits |= MODEL_THINKS;
	if (thinking != NULL) {
		m->traits &= ~(unsigned)MODEL_THINKING_SWITCH;
		if (strcmp(thinking, "both") == 0)
			m->traits |= MODEL_THINKS | MODEL_THINKING_SWITCH;
		if (strcmp(thinking, "only") == 0)
			m->traits |= MODEL_THINKS;
		if (strcmp(thinking, "no") == 0)
			m->traits &= ~(unsigned)MODEL_THINKS;
	}
	if (cJSON_IsTrue(json_at(v, "think_efforts.support")))
		m->traits |= MODEL_EFFORT;
	if (protocol != NULL && strcmp(protocol, "anthropic") == 0)
		m->traits |= MODEL_ANTHROPIC;
	m->traits |= MODEL_FIXED_SAMPLING;
}

bool code_list(struct upstream_call *call, struct model_list *list)
{
	struct platform_service service = code_service(call);

	return platform_read_list(call, &service, &upstream_code, read_traits,
				  list);
}

/* The results as the model reads them; each is a source of the answer. */
static const char *tell_results(struct upstream_call *call,
				const cJSON *results,
				struct chat_stream *stream)
{
	struct buf *out = arena_alloc(call->arena, sizeof(*out));
	struct json_writer w;
	const cJSON *v;

	buf_init(out, SEARCH_LIMIT);
	arena_own(call->arena, out, buf_drop);
	json_writer_init(&w, out);
	json_array(&w, NULL);
	cJSON_ArrayForEach(v, results) {
		const char *text = json_text(v, "content");

		json_object(&w, NULL);
		json_put_text(&w, "title", json_text(v, "title"));
		json_put_text(&w, "url", json_text(v, "url"));
		json_put_text(&w, "text",
			      text != NULL && *text != '\0' ?
				      text :
				      json_text(v, "snippet"));
		json_close_object(&w);
		chat_stream_cite(stream, json_text(v, "url"),
				 json_text(v, "title"));
	}
	json_close_array(&w);
	return buf_text(out);
}

bool code_search(struct upstream_call *call, const char *arguments,
		 struct chat_stream *stream, const char **result)
{
	struct platform_service service = code_service(call);
	struct error ignored;
	const cJSON *asked =
		json_parse(call->arena, arguments, strlen(arguments), &ignored);
	const char *query = json_text(asked, "query");
	struct http_call http = {
		.url = arena_printf(call->arena, "%s/search",
				    hosts_first(call, service.urls)),
		.bearer = call->bearer,
		.headers = service.headers,
	};
	struct json_writer w;
	struct buf body;
	const cJSON *answer;

	*result = "The search needs a query.";
	if (query == NULL)
		return true;
	buf_init(&body, SEARCH_LIMIT);
	json_writer_init(&w, &body);
	json_object(&w, NULL);
	json_put_text(&w, "text_query", query);
	json_close_object(&w);
	http.body = buf_text(&body);
	answer = post(call, &http);
	buf_fini(&body);
	if (answer == NULL)
		return false;
	*result = tell_results(call, json_at(answer, "search_results"), stream);
	return true;
}

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
	struct platform_service service = code_service(call);

	return platform_get(call, &service, "/usages");
}

const char *code_usages(struct upstream_call *call)
{
	const cJSON *body = get_usages(call), *v;
	struct json_writer w;
	struct buf *out;

	if (body == NULL)
		return NULL;
	out = arena_alloc(call->arena, sizeof(*out));
	buf_init(out, USAGES_LIMIT);
	arena_own(call->arena, out, buf_drop);
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

int64_t code_reset_ms(struct upstream_call *call)
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
