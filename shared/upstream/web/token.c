/* SPDX-License-Identifier: MIT */
/* Kimi web: renews access tokens. */
#include "upstream/web/token.h"

#include "base/clock.h"
#include "upstream/hosts.h"
#include "upstream/jwt.h"
#include "upstream/web/names.h"
#include "upstream/web/request.h"

#define RENEW "/api/account.gateway.v1.AuthService/RefreshToken"
#define BODY_LIMIT (64 * 1024)

/* The lifetime of an access token that does not name one. */
#define DEFAULT_LIFE_MS (300 * 1000)

/* One renewal, which may take several requests. */
struct renewal {
	struct upstream_call *call;
	const char *refresh;
	int64_t give_up_ms; /* clock_ms */
	bool unused;	    /* the last request failed without using it up */
	const cJSON *reply; /* out */
};

/*
 * If something is wrong with a request that contains only the token, it is the
 * token. A bad one has been answered with 400 as well.
 */
static void classify(struct renewal *n, const struct web_request *q)
{
	enum error_kind *kind = &n->call->error->kind;
	bool unknown = q->unknown;

	if (*kind == ERROR_CHAT_GONE && q->protocol == WEB_LEGACY) {
		*kind = ERROR_UPSTREAM;
		unknown = true;
	}
	if (*kind == ERROR_CHAT_GONE || *kind == ERROR_VALUE)
		*kind = ERROR_CREDENTIAL;
	n->unused = unknown || q->unsent || *kind == ERROR_CREDENTIAL;
}

static const cJSON *send(struct renewal *n, struct web_request *q)
{
	const cJSON *reply;

	q->once = true;
	q->abandon = HTTP_ABANDON_NEVER;
	q->max_ms = n->give_up_ms - clock_ms();
	if (q->max_ms <= 0) {
		n->unused = false;
		error_set(n->call->error, ERROR_TIMEOUT,
			  "Kimi took too long to renew the access token.");
		return NULL;
	}
	reply = web_request_send(n->call, q);
	if (reply == NULL)
		classify(n, q);
	return reply;
}

static const cJSON *send_current(struct renewal *n, const char *host)
{
	struct arena *a = n->call->arena;
	const struct config *config = n->call->config;
	struct buf *body = arena_buf(a, BODY_LIMIT);
	struct json_writer w;
	struct web_request q = {
		.protocol = WEB_CURRENT,
		.method = "POST",
		.url = arena_printf(a, "%s" RENEW,
				    hosts_beside(&config->web_urls, host,
						 &config->auth_urls)),
	};

	json_writer_init(&w, body);
	json_object(&w, NULL);
	json_put_text(&w, "refresh_token", n->refresh);
	json_close_object(&w);
	q.body = body->p;
	return send(n, &q);
}

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

/* The legacy call is for hosts that do not have the current one. */
static bool renew_at(void *ctx, const char *host)
{
	struct renewal *n = ctx;

	n->reply = NULL;
	if (n->call->config->web_protocol != CONFIG_PROTOCOL_LEGACY) {
		n->reply = send_current(n, host);
		if (n->reply != NULL)
			return true;
		if (!n->unused || n->call->error->kind == ERROR_CREDENTIAL)
			return false;
	}
	n->reply = send_legacy(n, host);
	return n->reply != NULL;
}

static bool try_next(void *ctx, bool first)
{
	const struct renewal *n = ctx;

	(void)first;
	return n->unused;
}

/* Some hosts wrap the tokens; "" counts as no token. */
static const char *token_in(const cJSON *reply, const char *camel,
			    const char *snake)
{
	const cJSON *v = web_names_either(reply, camel, snake);
	const char *text;

	if (v == NULL)
		v = web_names_either(json_at(reply, "data"), camel, snake);
	text = cJSON_GetStringValue(v);
	return text != NULL && *text != '\0' ? text : NULL;
}

bool web_token_renew(struct upstream_call *call, const char *refresh,
		     struct access_token *access)
{
	struct renewal n = { .call = call,
			     .refresh = refresh,
			     .give_up_ms = clock_ms() + WEB_REQUEST_MS };
	struct hosts_visit visit = { renew_at, try_next, &n };
	const char *next;

	if (!hosts_visit(call, &call->config->web_urls, &visit))
		return false;
	access->token = token_in(n.reply, "accessToken", "access_token");
	if (access->token == NULL)
		return error_set(call->error, ERROR_UPSTREAM,
				 "Kimi's reply to a token renewal contains no "
				 "token.");
	next = token_in(n.reply, "refreshToken", "refresh_token");
	access->refresh = next != NULL ? next : refresh;
	access->expires_ms =
		jwt_expiry_ms(jwt_claims(call->arena, access->token),
			      clock_wall_ms() + DEFAULT_LIFE_MS);
	return true;
}
