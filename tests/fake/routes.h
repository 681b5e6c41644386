/* SPDX-License-Identifier: MIT */
#ifndef FAKE_ROUTES_H
#define FAKE_ROUTES_H

#include "exchange.h"

/* Finds the route of the request and lets it answer. */
enum MHD_Result routes_answer(struct exchange *ex);
/* How often each was asked, as a JSON object. */
void routes_counts(struct fake *fake, struct text *json);

#endif
