/* SPDX-License-Identifier: MIT */
/* What every failure of every service means, in one table. */
#include "upstream/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "upstream/cooldown.h"
#include "upstream/overflow.h"

#define WEB (FAILURE_WEB_LEGACY | FAILURE_WEB_CURRENT)
#define CODE (FAILURE_CODE_CHAT | FAILURE_CODE_MESSAGES)
#define KEYED (FAILURE_PLATFORM | CODE)
#define ALL (WEB | KEYED)

#define HOUR 3600
#define TOO_LARGE "The request is too large for Kimi: leave something out. "

/*
 * The first row that fits counts. What a row leaves out fits everything; its
 * texts may be anywhere in those of the failure, in upper or lower case; `type`
 * may also be the code. No cooldown means that of the kind
 * (upstream/cooldown.h); retries are further attempts, one second apart, after
 * every credential was tried.
 */
static const struct {
	unsigned wires;
	int status;
	const char *type, *message;
	bool overflow;	  /* in the words of upstream/overflow.h */
	const char *hint; /* before what Kimi says */
	enum error_kind kind;
	int retries;
	int64_t cooldown; /* ms */
} rows[] = {
	/* What is wrong with the request. */
	{ ALL, .type = "token_length_too_long", .kind = ERROR_CONTEXT_LENGTH },
	{ KEYED, 429, .message = "rate limit", .kind = ERROR_RATE_LIMIT },
	{ KEYED, .overflow = true, .kind = ERROR_CONTEXT_LENGTH },
	{ CODE, 401, .message = "context", .kind = ERROR_CONTEXT_LENGTH },
	{ KEYED, .type = "content_filter", .kind = ERROR_CONTENT_FILTER },
	{ KEYED, .message = "high risk", .kind = ERROR_CONTENT_FILTER },
	{ KEYED, 400, .kind = ERROR_VALUE },
	{ KEYED, 422, .kind = ERROR_VALUE },

	/* The account. What Kimi Code refuses by 401 is often not the key. */
	{ FAILURE_WEB_LEGACY, .type = "auth.token", .kind = ERROR_CREDENTIAL },
	{ FAILURE_WEB_CURRENT, .type = "invalid_auth_token",
	  .kind = ERROR_CREDENTIAL },
	{ FAILURE_WEB_CURRENT, .type = "unauthenticated",
	  .kind = ERROR_CREDENTIAL },
	{ CODE, .message = "does not have access", .kind = ERROR_FORBIDDEN,
	  .cooldown = COOLDOWN_OVER },
	{ CODE, 401, .message = "plan", .kind = ERROR_FORBIDDEN,
	  .cooldown = COOLDOWN_OVER },
	{ CODE, 401, .message = "subscription", .kind = ERROR_FORBIDDEN,
	  .cooldown = COOLDOWN_OVER },
	{ CODE, 401, .message = "model", .kind = ERROR_MODEL },
	{ CODE, 402, .kind = ERROR_FORBIDDEN, .cooldown = COOLDOWN_UNPAID },
	{ KEYED, 402, .kind = ERROR_QUOTA },
	{ CODE, .message = "concurrent request", .kind = ERROR_RATE_LIMIT,
	  .cooldown = COOLDOWN_BUSY, .retries = 1 },
	{ CODE, .message = "coding agents", .kind = ERROR_CLIENT_REFUSED,
	  .hint = "Kimi Code serves only the clients on its list. " },
	{ CODE, .message = "usage limit", .kind = ERROR_QUOTA,
	  .cooldown = COOLDOWN_USED_UP },
	{ CODE, .message = "credit balance", .kind = ERROR_QUOTA,
	  .cooldown = COOLDOWN_USED_UP },
	{ CODE, 403, .message = "access terminated", .kind = ERROR_FORBIDDEN,
	  .cooldown = COOLDOWN_FOREVER },
	{ KEYED, .type = "exceeded_current_quota", .kind = ERROR_QUOTA },
	{ KEYED, .type = "insufficient_quota", .kind = ERROR_QUOTA },
	{ KEYED, .message = "insufficient balance", .kind = ERROR_QUOTA },
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
	{ KEYED, .type = "overloaded", .kind = ERROR_OVERLOADED,
	  .cooldown = COOLDOWN_BUSY, .retries = 1 },
	{ KEYED, .message = "engine is currently overloaded",
	  .kind = ERROR_OVERLOADED, .cooldown = COOLDOWN_BUSY, .retries = 1 },
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
	{ KEYED, .type = "model_not_found", .kind = ERROR_MODEL },
	{ KEYED, 404, .message = "model", .kind = ERROR_MODEL },
	{ KEYED, 404, .kind = ERROR_NOT_FOUND },
	{ ALL, 408, .kind = ERROR_TIMEOUT },
	{ ALL, 413, .kind = ERROR_TOO_LARGE, .hint = TOO_LARGE },
	{ ALL, 429, .kind = ERROR_RATE_LIMIT },
	{ KEYED, 499, .kind = ERROR_UPSTREAM, .retries = 3 },
	{ KEYED, 500, .kind = ERROR_UPSTREAM, .retries = 3 },
	{ ALL, 503, .kind = ERROR_OVERLOADED, .retries = 1 },
	{ ALL, 504, .kind = ERROR_TIMEOUT },
	{ KEYED, 529, .kind = ERROR_OVERLOADED, .cooldown = COOLDOWN_BUSY,
	  .retries = 1 },
	{ ALL, .kind = ERROR_UPSTREAM },
};

static bool fits(const char *pattern, const char *text)
{
	return pattern == NULL ||
	       (text != NULL && strcasestr(text, pattern) != NULL);
}

/* An error within a reply that began with 200 has only its type. */
static long status_of(const struct failure *f)
{
	static const struct {
		const char *type;
		long status;
	} types[] = {
		{ "invalid_request", 400 },    { "badrequest", 400 },
		{ "authentication", 401 },     { "api_key", 401 },
		{ "permission", 403 },	       { "access_terminated", 403 },
		{ "not_found", 404 },	       { "request_too_large", 413 },
		{ "server_unavailable", 503 }, { "timeout", 504 },
	};

	if (f->status != 0 || !(f->wire & KEYED))
		return f->status;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if ((f->type != NULL && fits(types[i].type, f->type)) ||
		    (f->code != NULL && fits(types[i].type, f->code)))
			return types[i].status;
	return 0;
}

static bool row_fits(size_t i, const struct failure *f, long status)
{
	if (!(rows[i].wires & f->wire) ||
	    (rows[i].status != 0 && rows[i].status != status))
		return false;
	if (rows[i].overflow && !overflow_says(f->type) &&
	    !overflow_says(f->code) && !overflow_says(f->message))
		return false;
	return (fits(rows[i].type, f->type) || fits(rows[i].type, f->code)) &&
	       fits(rows[i].message, f->message);
}

static size_t find_row(const struct failure *f)
{
	long status = status_of(f);
	size_t i = 0;

	while (!row_fits(i, f, status))
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

/* Clients look for these words, some for the number among them. */
static void say_overflow(struct error *e, const struct failure *f,
			 const char *message)
{
	struct overflow o = overflow_read(message);
	int64_t max = o.max_tokens > 0 && !o.bytes ? o.max_tokens : f->context;
	const char *words = *message != '\0' ? message :
			    f->type != NULL  ? f->type :
			    f->code != NULL  ? f->code :
					       "too long";

	if (max > 0)
		error_set(e, ERROR_CONTEXT_LENGTH,
			  "This model's maximum context length is %lld tokens. "
			  "Kimi says: %s",
			  (long long)max, words);
	else
		error_set(e, ERROR_CONTEXT_LENGTH,
			  "This model's maximum context length is exceeded. "
			  "Kimi says: %s",
			  words);
	e->max_tokens = o.max_tokens;
	e->prompt_tokens = o.prompt_tokens;
}

static void say(struct error *e, const struct failure *f, size_t row,
		const char *message)
{
	const char *hint = rows[row].hint == NULL ? "" : rows[row].hint;
	const char *type = f->type != NULL ? f->type : f->code;
	enum error_kind kind = rows[row].kind;

	if (kind == ERROR_CONTEXT_LENGTH)
		say_overflow(e, f, message);
	else if (*message != '\0')
		error_field(e, kind, kind == ERROR_MODEL ? "model" : "",
			    "%sKimi says: %s", hint, message);
	else if (type != NULL)
		error_set(e, kind, "%sKimi answered %.80s.", hint, type);
	else if (f->status != 0)
		error_set(e, kind, "%sKimi answered with status %ld.", hint,
			  f->status);
	else
		error_set(e, kind, "%sKimi reported an error without a reason.",
			  hint);
}

bool failure_set(struct error *e, const struct failure *f)
{
	size_t row = find_row(f);
	char text[400];

	snprintf(text, sizeof(text), "%s",
		 f->message == NULL ? "" : f->message);
	secret_redact(text);
	say(e, f, row, text);
	e->status = (int)status_of(f);
	e->retries = rows[row].retries;
	e->retry_after_ms = f->retry_after_ms > 0 ? f->retry_after_ms :
						    named_pause(f->message);
	e->cooldown_ms = rows[row].cooldown;
	return false;
}
