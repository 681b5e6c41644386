/* SPDX-License-Identifier: MIT */
/* What is alike in all dialects. */
#include "dialect/dialect.h"

#include <stdio.h>

void dialect_name_input(const struct dialect *d, struct error *e)
{
	if (e->kind == ERROR_CONTEXT_LENGTH && e->param[0] == '\0')
		snprintf(e->param, sizeof(e->param), "%s", d->input);
}
