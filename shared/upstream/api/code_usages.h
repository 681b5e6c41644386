/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_USAGES_H
#define UPSTREAM_API_CODE_USAGES_H

#include "upstream/upstream.h"

/* How much of each window of the membership is used (GET /usages), as a JSON
 * array in the arena; NULL and a filled error. */
const char *code_usages(struct upstream_call *call);

/* When the windows that are used up are renewed, in milliseconds from now; 0
 * where the service does not say. */
int64_t code_usages_reset_ms(struct upstream_call *call);

#endif
