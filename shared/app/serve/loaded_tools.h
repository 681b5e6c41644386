/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_LOADED_TOOLS_H
#define APP_SERVE_LOADED_TOOLS_H

#include "app/auth.h"
#include "app/exchange.h"

/* Adds to the `tools` of x->body those that the input brings along, and those
 * that were searched for earlier in the conversation that it continues. */
bool loaded_tools_add(struct exchange *x, const struct caller *caller,
		      struct error *e);

#endif
