/* SPDX-License-Identifier: MIT */
/* Kimi Code's device login: a code that the user confirms, then tokens, whose
 * refresh token works once. */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "code_oauth.h"
#include "fake.h"
#include "peer.h"
#include "scene.h"

#define DEVICE_INTERVAL_S 1
#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"

/* A waiting device, or tokens; of a used refresh token only the token. */
struct code_grant {
	struct code_grant *next;
	char *device, *access, *refresh;
	int64_t until_us; /* of the access token */
	int64_t asked_us; /* about the device; 0: not yet */
	bool used;
};

static void oauth_error(struct text *body, const char *error)
{
	text_printf(body, "{\"error\":\"%s\",\"error_description\":\"%s\"}",
		    error, error);
}

static void auth_failure_body(struct text *body, int status)
{
	if (status < 400)
		text_put(body, "{}");
	else
		oauth_error(body,
			    status < 500 ? "invalid_grant" : "server_error");
}

const struct service auth_service = {
	.name = "auth",
	.failure = auth_failure_body,
};

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' :
					   tolower((unsigned char)c) - 'a' + 10;
}

/* The field of a form; caller frees, NULL: none. */
static char *form_field(const struct text *form, const char *name)
{
	const char *at = form->length ? form->at : "";
	size_t n = strlen(name);
	struct text value = { 0 };

	while (*at && (strncmp(at, name, n) != 0 || at[n] != '=')) {
		at += strcspn(at, "&");
		at += *at == '&';
	}
	if (!*at)
		return NULL;
	for (at += n + 1; *at && *at != '&'; at++) {
		char c = *at;

		if (c == '+')
			c = ' ';
		if (c == '%' && isxdigit((unsigned char)at[1]) &&
		    isxdigit((unsigned char)at[2])) {
			c = (char)(digit(at[1]) * 16 + digit(at[2]));
			at += 2;
		}
		text_add(&value, &c, 1);
	}
	return text_take(&value);
}

static struct code_grant *grant_find(struct code_oauth *oauth, const char *word,
				     size_t member)
{
	struct code_grant *grant = oauth->grants;

	for (; grant; grant = grant->next) {
		const char *is = *(char *const *)((const char *)grant + member);

		if (is && strcmp(is, word) == 0)
			return grant;
	}
	return NULL;
}

static struct code_grant *grant_new(struct code_oauth *oauth)
{
	struct code_grant *grant = memory_new(sizeof(*grant));

	grant->next = oauth->grants;
	oauth->grants = grant;
	oauth->made++;
	return grant;
}

static char *word_new(const char *kind, unsigned number)
{
	struct text word = { 0 };

	text_printf(&word, "fake-%s-%u", kind, number);
	return text_take(&word);
}

/* New tokens, and the reply that brings them. */
static void grant_tokens(struct fake *fake, struct code_grant *grant,
			 struct text *body)
{
	struct code_oauth *oauth = &fake->oauth;
	long lifetime = fake->settings.lifetime;

	oauth->made++;
	grant->access = word_new("oauth-access", oauth->made);
	grant->refresh = word_new("oauth-refresh", oauth->made);
	grant->until_us = clock_day_us() + (int64_t)lifetime * 1000000;
	text_printf(body,
		    "{\"access_token\":\"%s\",\"refresh_token\":\"%s\","
		    "\"token_type\":\"Bearer\",\"expires_in\":%ld,\"scope\":"
		    "\"kimi-code\"}",
		    grant->access, grant->refresh, lifetime);
}

enum MHD_Result code_answer_device(struct exchange *ex, struct scene *scene)
{
	char *client = form_field(&ex->body, "client_id");
	struct fake *fake = ex->fake;
	struct text body = { 0 };
	struct code_grant *grant;
	unsigned number;

	if (!client || !*client) {
		free(client);
		oauth_error(&body, "invalid_client");
		return exchange_json(ex, scene, MHD_HTTP_BAD_REQUEST, &body);
	}
	free(client);
	pthread_mutex_lock(&fake->lock);
	grant = grant_new(&fake->oauth);
	number = fake->oauth.made;
	grant->device = word_new("device", number);
	text_printf(&body,
		    "{\"user_code\":\"FAKE-%04u\",\"device_code\":\"%s\","
		    "\"verification_uri\":\"https://kimi.example/device\","
		    "\"verification_uri_complete\":\"https://kimi.example/"
		    "device?user_code=FAKE-%04u\",\"expires_in\":1800,"
		    "\"interval\":%d}",
		    number, grant->device, number, DEVICE_INTERVAL_S);
	pthread_mutex_unlock(&fake->lock);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

/* Under the lock: NULL, or the error. The user needs a while: the first poll
 * has to wait. */
static const char *device_grant(struct fake *fake, const char *device,
				struct text *body)
{
	struct code_grant *grant = grant_find(
		&fake->oauth, device, offsetof(struct code_grant, device));
	int64_t asked;

	if (!grant || grant->access)
		return "expired_token";
	asked = grant->asked_us;
	grant->asked_us = clock_us();
	if (asked == 0)
		return "authorization_pending";
	if (grant->asked_us - asked < DEVICE_INTERVAL_S * 900000)
		return "slow_down";
	grant_tokens(fake, grant, body);
	return NULL;
}

/* Under the lock: NULL, or the error. A token that was not made here is one
 * from an earlier login. */
static const char *refresh_grant(struct fake *fake, const char *refresh,
				 struct text *body)
{
	struct code_grant *grant = grant_find(
		&fake->oauth, refresh, offsetof(struct code_grant, refresh));

	if (strstr(refresh, "bad") || (grant && grant->used))
		return "invalid_grant";
	if (!grant) {
		grant = grant_new(&fake->oauth);
		grant->refresh = memory_copy(refresh);
	}
	grant->used = true;
	grant_tokens(fake, grant_new(&fake->oauth), body);
	return NULL;
}

static const char *token_grant(struct fake *fake, const struct text *form,
			       struct text *body)
{
	char *client = form_field(form, "client_id");
	char *type = form_field(form, "grant_type");
	char *device = form_field(form, "device_code");
	char *refresh = form_field(form, "refresh_token");
	const char *error = "unsupported_grant_type";

	pthread_mutex_lock(&fake->lock);
	if (!client || !*client)
		error = "invalid_client";
	else if (type && strcmp(type, DEVICE_GRANT) == 0)
		error = device_grant(fake, device ? device : "", body);
	else if (type && strcmp(type, "refresh_token") == 0)
		error = refresh_grant(fake, refresh ? refresh : "", body);
	pthread_mutex_unlock(&fake->lock);
	free(client);
	free(type);
	free(device);
	free(refresh);
	return error;
}

enum MHD_Result code_answer_token(struct exchange *ex, struct scene *scene)
{
	struct text body = { 0 };
	const char *error = token_grant(ex->fake, &ex->body, &body);

	if (!error)
		return exchange_json(ex, scene, MHD_HTTP_OK, &body);
	oauth_error(&body, error);
	return exchange_json(ex, scene,
			     strcmp(error, "invalid_grant") == 0 ?
				     MHD_HTTP_UNAUTHORIZED :
				     MHD_HTTP_BAD_REQUEST,
			     &body);
}

bool code_oauth_knows(struct fake *fake, const char *access)
{
	const struct code_grant *grant;
	bool known;

	pthread_mutex_lock(&fake->lock);
	grant = grant_find(&fake->oauth, access,
			   offsetof(struct code_grant, access));
	known = grant && grant->until_us > clock_day_us();
	pthread_mutex_unlock(&fake->lock);
	return known;
}

void code_oauth_revoke(struct code_oauth *oauth)
{
	for (struct code_grant *g = oauth->grants; g; g = g->next)
		g->until_us = 0;
}

void code_oauth_clear(struct code_oauth *oauth)
{
	while (oauth->grants) {
		struct code_grant *grant = oauth->grants;

		oauth->grants = grant->next;
		free(grant->device);
		free(grant->access);
		free(grant->refresh);
		free(grant);
	}
}
