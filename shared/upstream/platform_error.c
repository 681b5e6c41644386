/* SPDX-License-Identifier: MIT */
/* The Open Platform's errors (kimi-upstreams C17). */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "upstream/platform.h"

/* The first row that fits: status 0 fits all, NULL fits all. */
static const struct {
	long status;
	const char *type, *message;
	enum error_kind kind;
} rows[] = {
	{ 0, "content_filter", NULL, ERROR_CONTENT_FILTER },
	{ 0, NULL, "high risk", ERROR_CONTENT_FILTER },
	{ 0, NULL, "exceeded model token limit", ERROR_CONTEXT_LENGTH },
	{ 0, NULL, "token length too long", ERROR_CONTEXT_LENGTH },
	{ 400, NULL, NULL, ERROR_VALUE },
	{ 401, NULL, NULL, ERROR_CREDENTIAL },
	{ 402, NULL, NULL, ERROR_QUOTA },
	{ 403, NULL, NULL, ERROR_FORBIDDEN },
	{ 404, NULL, NULL, ERROR_MODEL },
	{ 0, "exceeded_current_quota", NULL, ERROR_QUOTA },
	{ 0, "engine_overloaded", NULL, ERROR_RATE_LIMIT },
	{ 0, "rate_limit", NULL, ERROR_RATE_LIMIT },
	{ 429, NULL, NULL, ERROR_RATE_LIMIT },
	{ 503, NULL, NULL, ERROR_OVERLOADED },
	{ 504, NULL, NULL, ERROR_TIMEOUT },
	{ 0, NULL, NULL, ERROR_UPSTREAM },
};

static bool fits(const char *pattern, const char *text)
{
	return pattern == NULL ||
	       (text != NULL && strcasestr(text, pattern) != NULL);
}

bool platform_error(struct error *e, long status, const char *type,
		    const char *message)
{
	char text[400];
	size_t i = 0;

	while ((rows[i].status != 0 && rows[i].status != status) ||
	       !fits(rows[i].type, type) || !fits(rows[i].message, message))
		i++;
	if (message == NULL)
		return error_set(e, rows[i].kind,
				 "Kimi answered with status %ld.", status);
	snprintf(text, sizeof(text), "%s", message);
	secret_redact(text);
	if (rows[i].kind == ERROR_CONTEXT_LENGTH)
		return error_field(e, rows[i].kind, "messages",
				   "This model's maximum context length is "
				   "exceeded. Kimi says: %s",
				   text);
	if (rows[i].kind == ERROR_MODEL)
		return error_field(e, rows[i].kind, "model", "Kimi says: %s",
				   text);
	return error_set(e, rows[i].kind, "Kimi says: %s", text);
}
