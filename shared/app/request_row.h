/* SPDX-License-Identifier: MIT */
#ifndef APP_REQUEST_ROW_H
#define APP_REQUEST_ROW_H

#include "app/exchange.h"

/*
 * Every request to a route that answers with a model's reply leaves one row in
 * the database. The relay writes it for those that it takes. What never gets
 * there, or asks for what the relay refuses before it asks Kimi, is recorded
 * here, in one place for all handlers.
 */

/* Notes the request, whose caller is known by now, for the case that the process
 * is killed. ERROR_SETUP or ERROR_FULL if the database cannot be used. */
bool request_row_begin(struct exchange *x, struct error *e);

/* The relay has closed the row, or could not: then it is closed by whoever writes
 * next. */
void request_row_closed(struct exchange *x, bool ok);

/* What rows have of a model's name: clients may ask for one of any name, as often
 * as they like. */
const char *request_row_model(const struct exchange *x, const char *name);

/* Before the client gets the end of its answer: writes the row of a request that
 * has none. */
void request_row_end(struct exchange *x);

#endif
