/* SPDX-License-Identifier: MIT */
/* Kimi Code: keys, and the tokens of OAuth. */
#include "upstream/api/code_token.h"

#include <string.h>

#include "base/clock.h"
#include "upstream/api/code_identity.h"
#include "upstream/api/key.h"
#include "upstream/hosts.h"
#include "upstream/jwt.h"

#define FINISH_MS 20000
#define DEFAULT_LIFE_S 900

struct access_token code_token_access(struct arena *a, const char *secret)
{
	if (key_is_any(secret))
		return (struct access_token){ .token = secret,
					      .expires_ms = INT64_MAX };
	return jwt_access(a, secret);
}

/* A token goes into a form as it is: something with characters that a form
 * would encode is not a token. */
static bool is_form_safe(const char *token)
{
	for (; *token != '\0'; token++)
		if (strchr("&=+% #", *token) != NULL)
			return false;
	return true;
}

/* What OAuth says about a grant that it refuses. In case of trouble it says
 * nothing about the grant. */
static const char *refused_grant(const struct http_reply *reply,
				 const cJSON *tree)
{
	if (reply->status / 100 == 5 || reply->status == 429)
		return NULL;
	return json_text(tree, "error");
}

static bool refuse(struct upstream_call *call, const struct http_reply *reply,
		   const cJSON *tree)
{
	struct api_service service = code_identity_service(call);
	const char *grant = refused_grant(reply, tree);

	if (grant == NULL)
		return api_service_reply_failed(call, &service, reply);
	return error_set(call->error, ERROR_CREDENTIAL,
			 "Kimi refused to renew the token (%.80s): log in to "
			 "Kimi again for a new one.",
			 grant);
}

static const cJSON *read_reply(struct upstream_call *call,
			       const struct http_reply *reply)
{
	struct error ignored;
	const cJSON *tree = json_parse(call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	if (refused_grant(reply, tree) == NULL && reply->status / 100 == 2 &&
	    tree != NULL)
		return tree;
	refuse(call, reply, tree);
	return NULL;
}

/* Without a bearer token: that is the one to be renewed. */
static const cJSON *post(struct upstream_call *call,
			 const struct api_service *service, const char *body)
{
	const char *host = hosts_first(call, service->urls);
	const char *auth =
		hosts_beside(service->urls, host, &call->config->auth_urls);
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(call->arena, "%s/api/oauth/token", auth),
		.type = "application/x-www-form-urlencoded",
		.headers = service->headers,
		.body = body,
		.body_len = strlen(body),
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = FINISH_MS,
		.once = true, /* the refresh token may be good for one use */
	};
	struct http_reply reply;
	const cJSON *tree = NULL;

	http_reply_init(&reply);
	if (call->http->send(call->http, &http, &reply, call->error))
		tree = read_reply(call, &reply);
	buf_fini(&reply.body);
	return tree;
}

const char *code_token_client(struct upstream_call *call)
{
	const char *client = call->config->code_client_id;

	if (client == NULL)
		error_set(call->error, ERROR_CREDENTIAL,
			  "Kimi Code tokens are renewed only with the setting "
			  "KIMI_CODE_CLIENT_ID.");
	return client;
}

bool code_token_read(struct upstream_call *call, const cJSON *tree,
		     const char *refresh, struct access_token *access)
{
	int64_t life_s = json_int(tree, "expires_in", DEFAULT_LIFE_S);

	access->token = json_text(tree, "access_token");
	access->refresh = json_text(tree, "refresh_token");
	if (access->refresh == NULL)
		access->refresh = refresh;
	if (access->token == NULL || access->refresh == NULL)
		return error_set(call->error, ERROR_UPSTREAM,
				 "Kimi answered without tokens.");
	access->expires_ms = clock_wall_ms() + life_s * 1000;
	return true;
}

bool code_token_renew(struct upstream_call *call, const char *refresh,
		      struct access_token *access)
{
	struct api_service service = code_identity_service(call);
	const char *client = code_token_client(call);
	const cJSON *tree;

	if (client == NULL)
		return false;
	if (!is_form_safe(refresh))
		return error_set(call->error, ERROR_CREDENTIAL,
				 "The refresh token of Kimi Code contains "
				 "invalid characters.");
	tree = post(call, &service,
		    arena_printf(call->arena,
				 "client_id=%s&grant_type=refresh_token&"
				 "refresh_token=%s",
				 client, refresh));
	return tree != NULL && code_token_read(call, tree, refresh, access);
}
