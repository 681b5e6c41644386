/* SPDX-License-Identifier: MIT */
/* What every failure of every service means, in one table. */
#include "upstream/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "upstream/cooldown.h"

#define WEB (FAILURE_WEB_LEGACY | FAILURE_WEB_CURRENT)
#define CODE (FAILURE_CODE_CHAT | FAILURE_CODE_MESSAGES)
#define KEYED (FAILURE_PLATFORM | CODE)
#define ALL (WEB | KEYED)

#define HOUR 3600

/*
 * The first row that fits counts. What a row leaves out fits everything; its
 * texts may be anywhere in those of the failure, in upper or lower case. No
 * cooldown means that of the kind (upstream/cooldown.h); retries are further
 * attempts, one second apart, after every credential was tried.
 */
static const struct {
	unsigned wires;
	int status;
	const char *type, *message;
	const char *hint; /* before what Kimi says */
	enum error_kind kind;
	int retries;
	int64_t cooldown; /* ms */
} rows[] = {
	/* What is wrong with the request. */
	{ ALL, .type = "token_length_too_long", .kind = ERROR_CONTEXT_LENGTH },
	{ KEYED, .message = "exceeded model token limit",
	  .kind = ERROR_CONTEXT_LENGTH },
	{ KEYED, .message = "token length too long",
	  .kind = ERROR_CONTEXT_LENGTH },
	{ CODE, .message = "total message size", .kind = ERROR_CONTEXT_LENGTH },
	{ KEYED, .type = "content_filter", .kind = ERROR_CONTENT_FILTER },
	{ KEYED, .message = "high risk", .kind = ERROR_CONTENT_FILTER },
	{ KEYED, 400, .kind = ERROR_VALUE },

	/* The account. */
	{ FAILURE_WEB_LEGACY, .type = "auth.token", .kind = ERROR_CREDENTIAL },
	{ FAILURE_WEB_CURRENT, .type = "invalid_auth_token",
	  .kind = ERROR_CREDENTIAL },
	{ FAILURE_WEB_CURRENT, .type = "unauthenticated",
	  .kind = ERROR_CREDENTIAL },
	{ CODE, 402, .kind = ERROR_FORBIDDEN, .cooldown = COOLDOWN_UNPAID },
	{ KEYED, 402, .kind = ERROR_QUOTA },
	{ CODE, 403, .message = "coding agents", .kind = ERROR_CLIENT_REFUSED,
	  .hint = "Kimi Code serves only the clients on its list. " },
	{ CODE, 403, .message = "usage limit", .kind = ERROR_QUOTA,
	  .cooldown = COOLDOWN_USED_UP },
	{ CODE, 403, .message = "access terminated", .kind = ERROR_FORBIDDEN,
	  .cooldown = COOLDOWN_FOREVER },
	{ CODE, 429, .message = "usage limit", .kind = ERROR_QUOTA,
	  .cooldown = COOLDOWN_USED_UP },
	{ KEYED, .type = "exceeded_current_quota", .kind = ERROR_QUOTA },
	{ FAILURE_WEB_CURRENT, .type = "quota", .kind = ERROR_QUOTA },
	{ FAILURE_WEB_CURRENT, .type = "credit", .kind = ERROR_QUOTA },

	/* How busy Kimi is, or how busy this account keeps it. */
	{ FAILURE_WEB_LEGACY, .type = "user_stream_pushing",
	  .kind = ERROR_RATE_LIMIT, .cooldown = COOLDOWN_BUSY },
	{ FAILURE_WEB_CURRENT, .type = "overloaded_for_free_user",
	  .kind = ERROR_RATE_LIMIT, .retries = 1 },
	{ FAILURE_WEB_CURRENT, .type = "overloaded", .kind = ERROR_OVERLOADED,
	  .retries = 1 },
	{ FAILURE_WEB_CURRENT, .type = "resource_exhausted",
	  .kind = ERROR_RATE_LIMIT, .retries = 1 },
	{ FAILURE_WEB_CURRENT, .type = "deadline_exceeded",
	  .kind = ERROR_TIMEOUT },
	{ FAILURE_WEB_CURRENT, .type = "unavailable", .kind = ERROR_OVERLOADED,
	  .retries = 1 },
	{ FAILURE_WEB_LEGACY, .type = "completion.stream",
	  .kind = ERROR_OVERLOADED, .retries = 1 },
	{ KEYED, .type = "engine_overloaded", .kind = ERROR_RATE_LIMIT,
	  .cooldown = COOLDOWN_BUSY, .retries = 1 },
	{ KEYED, .message = "engine is currently overloaded",
	  .kind = ERROR_RATE_LIMIT, .cooldown = COOLDOWN_BUSY, .retries = 1 },
	{ ALL, .type = "rate_limit", .kind = ERROR_RATE_LIMIT },

	/* The chat that is stored at Kimi web. */
	{ FAILURE_WEB_LEGACY, .type = "chat.not_found",
	  .kind = ERROR_CHAT_GONE },
	{ FAILURE_WEB_LEGACY, 404, .kind = ERROR_CHAT_GONE },
	{ FAILURE_WEB_CURRENT, .type = "not_found", .kind = ERROR_CHAT_GONE },

	/* Less certain: other words, and the status alone. */
	{ FAILURE_WEB_LEGACY, .type = "content", .kind = ERROR_CONTENT_FILTER },
	{ FAILURE_WEB_LEGACY, .type = "forbidden", .kind = ERROR_FORBIDDEN },
	{ FAILURE_WEB_CURRENT, .type = "permission_denied",
	  .kind = ERROR_FORBIDDEN },
	{ FAILURE_WEB_CURRENT, .type = "invalid_argument",
	  .kind = ERROR_VALUE },
	{ FAILURE_WEB_CURRENT, .type = "failed_precondition",
	  .kind = ERROR_VALUE },
	{ ALL, 401, .kind = ERROR_CREDENTIAL },
	{ ALL, 403, .kind = ERROR_FORBIDDEN },
	{ KEYED, 404, .type = "resource_not_found", .kind = ERROR_MODEL },
	{ KEYED, 404, .message = "not found the model", .kind = ERROR_MODEL },
	{ ALL, 429, .kind = ERROR_RATE_LIMIT },
	{ KEYED, 499, .kind = ERROR_UPSTREAM, .retries = 3 },
	{ KEYED, 500, .kind = ERROR_UPSTREAM, .retries = 3 },
	{ ALL, 503, .kind = ERROR_OVERLOADED, .retries = 1 },
	{ ALL, 504, .kind = ERROR_TIMEOUT },
	{ ALL, .kind = ERROR_UPSTREAM },
};

static bool fits(const char *pattern, const char *text)
{
	return pattern == NULL ||
	       (text != NULL && strcasestr(text, pattern) != NULL);
}

static size_t find_row(const struct failure *f)
{
	size_t i = 0;

	while (!(rows[i].wires & f->wire) ||
	       (rows[i].status != 0 && rows[i].status != f->status) ||
	       !fits(rows[i].type, f->type) ||
	       !fits(rows[i].message, f->message))
		i++;
	return i;
}

/* "… please try again after 1 seconds". */
static int64_t named_pause(const char *message)
{
	const char *after =
		message == NULL ? NULL : strcasestr(message, "try again after");
	long seconds;

	if (after == NULL)
		return 0;
	seconds = strtol(after + strlen("try again after"), NULL, 10);
	return seconds > 0 && seconds < 24 * HOUR ? (int64_t)seconds * 1000 : 0;
}

static void say(struct error *e, const struct failure *f, size_t row,
		const char *message)
{
	const char *hint = rows[row].hint == NULL ? "" : rows[row].hint;
	enum error_kind kind = rows[row].kind;

	if (kind == ERROR_CONTEXT_LENGTH)
		error_set(e, kind,
			  "This model's maximum context length is exceeded. "
			  "Kimi says: %s",
			  *message != '\0' ? message : f->type);
	else if (*message != '\0')
		error_field(e, kind, kind == ERROR_MODEL ? "model" : "",
			    "%sKimi says: %s", hint, message);
	else if (f->type != NULL)
		error_set(e, kind, "%sKimi answered %.80s.", hint, f->type);
	else
		error_set(e, kind, "%sKimi answered with status %ld.", hint,
			  f->status);
}

bool failure_set(struct error *e, const struct failure *f)
{
	size_t row = find_row(f);
	char text[400];

	snprintf(text, sizeof(text), "%s",
		 f->message == NULL ? "" : f->message);
	secret_redact(text);
	say(e, f, row, text);
	e->retries = rows[row].retries;
	e->retry_after_ms = f->retry_after_ms > 0 ? f->retry_after_ms :
						    named_pause(f->message);
	e->cooldown_ms = rows[row].cooldown;
	return false;
}
