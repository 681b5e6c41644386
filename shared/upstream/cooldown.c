/* SPDX-License-Identifier: MIT */
/* How long a credential is left alone after a failure. */
#include "upstream/cooldown.h"

#include <stddef.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

/* Where Kimi named no time. Kinds that are not here cool nothing down. */
static const struct {
	enum cooldown cooldown;
	int64_t ms;
} kinds[ERROR_KINDS] = {
	[ERROR_CREDENTIAL] = { COOLDOWN_HARD, 5 * MINUTE },
	[ERROR_FORBIDDEN] = { COOLDOWN_HARD, 5 * MINUTE },
	[ERROR_CLIENT_REFUSED] = { COOLDOWN_HARD, 60 * MINUTE },
	/* Another account may have the model. */
	[ERROR_MODEL] = { COOLDOWN_SOFT, COOLDOWN_OVER },
	[ERROR_RATE_LIMIT] = { COOLDOWN_HARD, 10 * SECOND },
	[ERROR_QUOTA] = { COOLDOWN_HARD, 15 * MINUTE },
	[ERROR_UPSTREAM] = { COOLDOWN_SOFT, 10 * SECOND },
	[ERROR_OVERLOADED] = { COOLDOWN_SOFT, 10 * SECOND },
	[ERROR_TIMEOUT] = { COOLDOWN_SOFT, 10 * SECOND },
};

enum cooldown cooldown_of(enum error_kind kind)
{
	return kinds[kind].cooldown;
}

bool cooldown_is_named(const struct error *why)
{
	return why->retry_after_ms > 0 || why->cooldown_ms == COOLDOWN_FOREVER;
}

int64_t cooldown_ms(const struct error *why)
{
	if (kinds[why->kind].cooldown == COOLDOWN_NONE)
		return 0;
	if (why->cooldown_ms == COOLDOWN_FOREVER)
		return COOLDOWN_FOREVER;
	if (why->retry_after_ms > 0)
		return why->retry_after_ms;
	return why->cooldown_ms > 0 ? why->cooldown_ms : kinds[why->kind].ms;
}

const char *cooldown_words(const struct error *why)
{
	if (kinds[why->kind].cooldown != COOLDOWN_HARD ||
	    (why->kind == ERROR_FORBIDDEN && why->cooldown_ms == 0))
		return NULL;
	return why->message;
}
