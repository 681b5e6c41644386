/* SPDX-License-Identifier: MIT */
#ifndef APP_REQUEST_LOG_H
#define APP_REQUEST_LOG_H

#include "app/exchange.h"

/* Logs a finished request in one line: who asked for what, what it took, and why
 * it failed. */
void request_log_write(const struct exchange *x);

#endif
