/* SPDX-License-Identifier: MIT */
#ifndef APP_ACCEPTANCE_H
#define APP_ACCEPTANCE_H

#include "app/exchange.h"

/*
 * Leaves those of a client's own credentials in the list that Kimi has
 * accepted. It is asked about each once, before anything is stored for the
 * client or done with the credential; what it accepted is remembered in the
 * database. False if none is left, with Kimi's reason for the first; or if Kimi
 * could not be asked, or too many others are asking.
 */
bool acceptance_check(struct exchange *x, const struct credential **list,
		      size_t *n, struct error *e);

#endif
