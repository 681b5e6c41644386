/* SPDX-License-Identifier: MIT */
#ifndef FAKE_ROUTES_H
#define FAKE_ROUTES_H

#include "exchange.h"

/* Finds the route of the request and calls it. */
enum MHD_Result routes_answer(struct exchange *ex);
/* How often each was called, as a JSON object. */
void routes_counts(struct fake *fake, struct text *json);

#endif
