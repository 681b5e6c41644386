/* SPDX-License-Identifier: MIT */
/* The table of error kinds and the one way to fill a struct error. */
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define RETRY_AFTER_MS 5000

static const struct {
	const char *name;
	int status;
} kinds[ERROR_KINDS] = {
	[ERROR_BAD_REQUEST] = { "bad_request", 400 },
	[ERROR_MISSING] = { "missing", 400 },
	[ERROR_TYPE] = { "type", 400 },
	[ERROR_VALUE] = { "value", 400 },
	[ERROR_UNSUPPORTED] = { "unsupported", 400 },
	[ERROR_CONTEXT_LENGTH] = { "context_length", 400 },
	[ERROR_PREVIOUS] = { "previous", 400 },
	[ERROR_CONTENT_FILTER] = { "content_filter", 400 },
	[ERROR_API_KEY] = { "api_key", 401 },
	[ERROR_CREDENTIAL] = { "credential", 401 },
	[ERROR_OUR_CREDENTIAL] = { "our_credential", 502 },
	[ERROR_ADMIN] = { "admin", 403 },
	[ERROR_FORBIDDEN] = { "forbidden", 403 },
	[ERROR_MODEL_NOT_ALLOWED] = { "model_not_allowed", 403 },
	[ERROR_CLIENT_REFUSED] = { "client_refused", 403 },
	[ERROR_ROUTE] = { "route", 404 },
	[ERROR_MODEL] = { "model", 404 },
	[ERROR_NOT_FOUND] = { "not_found", 404 },
	[ERROR_METHOD] = { "method", 405 },
	[ERROR_BUSY] = { "busy", 409 },
	[ERROR_TOO_LARGE] = { "too_large", 413 },
	[ERROR_SPACE] = { "space", 413 },
	[ERROR_ENCODING] = { "encoding", 415 },
	[ERROR_UPGRADE] = { "upgrade", 426 },
	[ERROR_REQUEST_RATE] = { "request_rate", 429 },
	[ERROR_TOKEN_RATE] = { "token_rate", 429 },
	[ERROR_TOKEN_LIMIT] = { "token_limit", 429 },
	[ERROR_RATE_LIMIT] = { "rate_limit", 429 },
	[ERROR_QUOTA] = { "quota", 429 },
	[ERROR_INTERNAL] = { "internal", 500 },
	[ERROR_UPSTREAM] = { "upstream", 502 },
	[ERROR_OVERLOADED] = { "overloaded", 503 },
	[ERROR_SETUP] = { "setup", 503 },
	[ERROR_FULL] = { "full", 503 },
	[ERROR_STOPPING] = { "stopping", 503 },
	[ERROR_TIMEOUT] = { "timeout", 504 },
	[ERROR_CHAT_GONE] = { "chat_gone", 502 },
	[ERROR_CLIENT_GONE] = { "client_gone", 499 },
};

/* A text that was cut may end inside a character. */
static void repair(char *text)
{
	text[utf8_whole(text, strlen(text))] = '\0';
	utf8_repair(text);
}

static void fill(struct error *e, enum error_kind kind, const char *param,
		 const char *format, va_list args)
{
	assert(kind < ERROR_KINDS);
	e->kind = kind;
	e->retry_after_ms = e->cooldown_ms = 0;
	e->max_tokens = e->prompt_tokens = 0;
	e->retries = e->status = 0;
	snprintf(e->param, sizeof(e->param), "%s", param);
	vsnprintf(e->message, sizeof(e->message), format, args);
	repair(e->param);
	repair(e->message);
}

bool error_set(struct error *e, enum error_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(e, kind, "", format, args);
	va_end(args);
	return false;
}

bool error_no_memory(struct error *e, int64_t bytes)
{
	error_set(e, ERROR_FULL,
		  "This server is out of memory: the system refused %" PRId64
		  " bytes for this request. Try again later.",
		  bytes);
	e->retry_after_ms = RETRY_AFTER_MS;
	return false;
}

bool error_field(struct error *e, enum error_kind kind, const char *param,
		 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(e, kind, param, format, args);
	va_end(args);
	return false;
}

const char *error_name(enum error_kind kind)
{
	return kinds[kind].name;
}

int error_status(enum error_kind kind)
{
	return kinds[kind].status;
}

enum error_kind error_kind_of_errno(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOMEM ?
		       ERROR_FULL :
		       ERROR_SETUP;
}

enum error_kind error_kind_named(const char *name)
{
	for (int i = 0; i < ERROR_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return (enum error_kind)i;
	return ERROR_UPSTREAM;
}
