/* SPDX-License-Identifier: MIT */
/* Kimi web: access and refresh tokens. */
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "upstream/hosts.h"
#include "upstream/web/service.h"

#define RENEW "/api/account.gateway.v1.AuthService/RefreshToken"
#define BODY_LIMIT (64 * 1024)

/* What an access token lives that does not say so. */
#define DEFAULT_LIFE_MS (300 * 1000)

/* The claims of a JWT; NULL if it is none. The signature is Kimi's matter. */
static const cJSON *claims(struct arena *a, const char *token)
{
	const char *dot = strchr(token, '.');
	const char *second = dot == NULL ? NULL : strchr(dot + 1, '.');
	struct error ignored;
	const char *payload;

	if (second == NULL)
		return NULL;
	payload = base64url_decode(a, dot + 1, (size_t)(second - dot - 1));
	if (payload == NULL)
		return NULL;
	return json_parse(a, payload, strlen(payload), &ignored);
}

static bool claim_is(const cJSON *c, const char *name, const char *value)
{
	const char *text = json_text(c, name);

	return text != NULL && strcmp(text, value) == 0;
}

static int64_t expiry_of(const cJSON *c, int64_t fallback)
{
	int64_t seconds = json_int(c, "exp", 0);

	return seconds > 0 ? seconds * 1000 : fallback;
}

struct access_token web_access(struct arena *a, const char *secret)
{
	const cJSON *c = claims(a, secret);

	if (claim_is(c, "app_id", "kimi") && claim_is(c, "typ", "access"))
		return (struct access_token){
			.token = secret, .expires_ms = expiry_of(c, INT64_MAX)
		};
	return (struct access_token){ .refresh = secret };
}

/* --- Renewal --- */

/* One renewal, which may take several requests. */
struct renewal {
	struct upstream_call *call;
	const char *refresh;
	int64_t give_up_ms; /* clock_ms */
	bool unused;	    /* the last request failed without using it up */
	bool unknown;	    /* … since the host does not know the call */
};

/*
 * What is wrong with a request that holds nothing but the token is the token.
 * 400 was seen for a bad one, too (A2).
 */
static void classify(struct renewal *n, const struct web_request *q)
{
	enum error_kind *kind = &n->call->error->kind;

	n->unknown = q->unknown;
	if (*kind == ERROR_CHAT_GONE && q->protocol == WEB_LEGACY) {
		*kind = ERROR_UPSTREAM;
		n->unknown = true;
	}
	if (*kind == ERROR_CHAT_GONE || *kind == ERROR_VALUE)
		*kind = ERROR_CREDENTIAL;
	n->unused = n->unknown || q->unsent || *kind == ERROR_CREDENTIAL;
}

static const cJSON *send(struct renewal *n, struct web_request *q)
{
	const cJSON *answer;

	q->once = true;
	q->abandon = HTTP_ABANDON_NEVER;
	q->max_ms = n->give_up_ms - clock_ms();
	if (q->max_ms <= 0) {
		n->unused = n->unknown = false;
		error_set(n->call->error, ERROR_TIMEOUT,
			  "The renewal of Kimi's access token takes too long.");
		return NULL;
	}
	answer = web_request_send(n->call, q);
	if (answer == NULL)
		classify(n, q);
	return answer;
}

/* B3. */
static const cJSON *send_current(struct renewal *n, const char *host)
{
	struct arena *a = n->call->arena;
	const struct config *config = n->call->config;
	struct buf *body = arena_alloc(a, sizeof(*body));
	struct json_writer w;
	struct web_request q = {
		.protocol = WEB_CURRENT,
		.method = "POST",
		.url = arena_printf(a, "%s" RENEW,
				    hosts_beside(&config->web_urls, host,
						 &config->auth_urls)),
	};

	buf_init(body, BODY_LIMIT);
	arena_own(a, body, buf_drop);
	json_writer_init(&w, body);
	json_object(&w, NULL);
	json_put_text(&w, "refresh_token", n->refresh);
	json_close_object(&w);
	q.body = body->p;
	return send(n, &q);
}

/* A2. */
static const cJSON *send_legacy(struct renewal *n, const char *host)
{
	struct web_request q = {
		.protocol = WEB_LEGACY,
		.method = "GET",
		.url = arena_printf(n->call->arena, "%s/api/auth/token/refresh",
				    host),
		.bearer = n->refresh,
	};

	return send(n, &q);
}

/* The old call is for hosts that do not have the new one. */
static const cJSON *renew_at(struct renewal *n, const char *host)
{
	if (n->call->config->web_protocol != CONFIG_PROTOCOL_LEGACY) {
		const cJSON *answer = send_current(n, host);

		if (answer != NULL || !n->unused ||
		    n->call->error->kind == ERROR_CREDENTIAL)
			return answer;
	}
	return send_legacy(n, host);
}

/*
 * Which host knows the account is known once one has renewed its token. When
 * none does, what the first one said is the answer.
 */
static const cJSON *renew_anywhere(struct renewal *n)
{
	const struct config_list *urls = &n->call->config->web_urls;
	const char *first = hosts_first(n->call, urls), *host = first;
	const cJSON *answer = renew_at(n, host);
	struct error said = *n->call->error;

	while (answer == NULL && n->unused) {
		host = hosts_next(urls, first, host);
		if (host == NULL) {
			*n->call->error = said;
			return NULL;
		}
		answer = renew_at(n, host);
	}
	if (answer != NULL)
		hosts_note(n->call, urls, host);
	return answer;
}

/* Some hosts wrap the tokens; "" is none. */
static const char *token_in(const cJSON *answer, const char *camel,
			    const char *snake)
{
	const cJSON *v = web_either(answer, camel, snake);
	const char *text;

	if (v == NULL)
		v = web_either(json_at(answer, "data"), camel, snake);
	text = cJSON_GetStringValue(v);
	return text != NULL && *text != '\0' ? text : NULL;
}

bool web_renew(struct upstream_call *call, const char *refresh,
	       struct access_token *access)
{
	struct renewal n = { .call = call,
			     .refresh = refresh,
			     .give_up_ms = clock_ms() + WEB_REQUEST_MS };
	const cJSON *answer = renew_anywhere(&n);
	const char *next = token_in(answer, "refreshToken", "refresh_token");

	if (answer == NULL)
		return false;
	access->token = token_in(answer, "accessToken", "access_token");
	if (access->token == NULL)
		return error_set(call->error, ERROR_UPSTREAM,
				 "Kimi renewed a token without giving one.");
	access->refresh = next != NULL ? next : refresh;
	access->expires_ms = expiry_of(claims(call->arena, access->token),
				       clock_wall_ms() + DEFAULT_LIFE_MS);
	return true;
}
