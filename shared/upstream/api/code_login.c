/* SPDX-License-Identifier: MIT */
/* Kimi Code: signing in on another device. */
#include "upstream/api/code_login.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "upstream/api/code_identity.h"
#include "upstream/api/code_token.h"
#include "upstream/hosts.h"

#define BEGIN "/api/oauth/device_authorization"
#define ASK "/api/oauth/token"
#define GRANT "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"

#define REPLY_MS 20000
#define INTERVAL_S 5  /* where Kimi names none; also what slow_down adds */
#define LONGEST_S 900 /* that a code is good for */

static bool post(struct upstream_call *call, const char *host, const char *path,
		 const char *form, struct http_reply *reply)
{
	struct api_service service = code_identity_service(call);
	const char *auth =
		hosts_beside(service.urls, host, &call->config->auth_urls);
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(call->arena, "%s%s", auth, path),
		.type = "application/x-www-form-urlencoded",
		.headers = service.headers,
		.body = form,
		.body_len = strlen(form),
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = REPLY_MS,
		.once = true, /* a code is good for one answer with tokens */
	};

	return call->http->send(call->http, &http, reply, call->error);
}

static const cJSON *tree_of(struct upstream_call *call,
			    const struct http_reply *reply)
{
	struct error ignored;

	return json_parse(call->arena, buf_text(&reply->body), reply->body.len,
			  &ignored);
}

static const char *find_host(struct upstream_call *call, const char *region)
{
	const struct config_list *urls = &call->config->code_urls;

	for (size_t i = 0; i < urls->n; i++)
		if (region == NULL ||
		    text_same(hosts_region(urls->items[i]), region))
			return urls->items[i];
	error_set(call->error, ERROR_VALUE,
		  "None of the hosts of KIMI_CODE_URL is of the region '%s'.",
		  region);
	return NULL;
}

/* Trouble, or no JSON, says nothing about the sign-in. */
static bool is_trouble(const struct http_reply *reply, const cJSON *tree)
{
	return reply->status / 100 == 5 || reply->status == 429 || tree == NULL;
}

/* Fills the error. Always false. */
static bool refuse(struct upstream_call *call, const struct http_reply *reply,
		   const cJSON *tree)
{
	struct api_service service = code_identity_service(call);
	const char *said = json_text(tree, "error");

	if (said == NULL || is_trouble(reply, tree))
		return api_service_reply_failed(call, &service, reply);
	if (text_same(said, "access_denied"))
		return error_set(call->error, ERROR_CREDENTIAL,
				 "Somebody refused the sign-in in the "
				 "browser.");
	return error_set(call->error, ERROR_CREDENTIAL,
			 "Kimi refused the sign-in (%.80s)%s", said,
			 text_same(said, "invalid_client") ?
				 ": KIMI_CODE_CLIENT_ID is no client id that "
				 "it knows." :
				 ".");
}

static bool read_begin(struct upstream_call *call, struct code_login *login,
		       const struct http_reply *reply)
{
	const cJSON *tree = tree_of(call, reply);
	int64_t interval_s = json_int(tree, "interval", INTERVAL_S);
	int64_t life_s = json_int(tree, "expires_in", LONGEST_S);

	login->device = json_text(tree, "device_code");
	login->code = json_text(tree, "user_code");
	login->url = json_text(tree, "verification_uri_complete");
	if (login->url == NULL)
		login->url = json_text(tree, "verification_uri");
	if (reply->status / 100 != 2 || login->device == NULL ||
	    login->code == NULL || login->url == NULL)
		return refuse(call, reply, tree);
	if (life_s <= 0 || life_s > LONGEST_S)
		life_s = LONGEST_S;
	login->interval_ms = (interval_s > 0 ? interval_s : INTERVAL_S) * 1000;
	login->ends_ms = clock_ms() + life_s * 1000;
	return true;
}

bool code_login_begin(struct upstream_call *call, const char *region,
		      struct code_login *login)
{
	const char *client = code_token_client(call);
	struct http_reply reply;
	bool ok;

	*login = (struct code_login){ 0 };
	if (client == NULL)
		return false;
	login->host = find_host(call, region);
	if (login->host == NULL)
		return false;
	http_reply_init(&reply);
	ok = post(call, login->host, BEGIN,
		  arena_printf(call->arena, "client_id=%s", client), &reply) &&
	     read_begin(call, login, &reply);
	buf_fini(&reply.body);
	return ok;
}

/* Some hosts report errors with status 200. */
static enum code_login_state state_of(struct upstream_call *call,
				      struct code_login *login,
				      const struct http_reply *reply,
				      struct access_token *access)
{
	const cJSON *tree = tree_of(call, reply);
	const char *said = json_text(tree, "error");

	/* It is asked again. */
	if (is_trouble(reply, tree) || text_same(said, "authorization_pending"))
		return CODE_LOGIN_WAITS;
	if (text_same(said, "slow_down")) {
		login->interval_ms += INTERVAL_S * 1000;
		return CODE_LOGIN_WAITS;
	}
	if (text_same(said, "expired_token"))
		return CODE_LOGIN_EXPIRED;
	if (said != NULL || reply->status / 100 != 2) {
		refuse(call, reply, tree);
		return CODE_LOGIN_FAILED;
	}
	return code_token_read(call, tree, NULL, access) ? CODE_LOGIN_DONE :
							   CODE_LOGIN_FAILED;
}

enum code_login_state code_login_ask(struct upstream_call *call,
				     struct code_login *login,
				     struct access_token *access)
{
	enum code_login_state state = CODE_LOGIN_WAITS;
	const char *form = arena_printf(
		call->arena, "client_id=%s&device_code=%s&grant_type=%s",
		call->config->code_client_id, login->device, GRANT);
	struct http_reply reply;

	if (clock_ms() >= login->ends_ms)
		return CODE_LOGIN_EXPIRED;
	http_reply_init(&reply);
	if (post(call, login->host, ASK, form, &reply))
		state = state_of(call, login, &reply, access);
	buf_fini(&reply.body);
	return state;
}
