/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_ERROR_PRECEDENCE_INTERNAL_H
#define APP_RELAY_ERROR_PRECEDENCE_INTERNAL_H

#include "base/error.h"

/*
 * Which error a client gets when every credential failed with an error of its
 * own. Replaces `*shown` by `*e` if that takes precedence: the kind that tells
 * the client most about when to come back, and of two of a kind the one that
 * asks for the shorter wait. Returns whether it did.
 */
bool error_precedence_apply(struct error *shown, const struct error *e);

#endif
