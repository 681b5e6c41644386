/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CHOICE_THREADS_INTERNAL_H
#define APP_RELAY_CHOICE_THREADS_INTERNAL_H

#include "app/relay/choices_internal.h"

/*
 * Private to the relay: makes several choices side by side, up to 8 at a time.
 * Each thread has memory and connections of its own, which last as long as the
 * request. The caller's thread attends to the client meanwhile. What the
 * threads share is used under one lock: the listener of the events, and what
 * the client's watch calls.
 *
 * False with the error of the first choice that failed, or of the watch: either
 * ends all the others. In each case nothing runs any more.
 */
bool choice_threads_run(struct choices *cs, struct error *e);

#endif
