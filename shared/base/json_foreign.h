/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_FOREIGN_H
#define BASE_JSON_FOREIGN_H

#include "base/json.h"

/*
 * json_parse for what a service says: U+FFFD takes the place of each byte that
 * is not UTF-8. One bad byte is no reason to lose a reply.
 */
const cJSON *json_foreign_parse(struct arena *a, const char *p, size_t n,
				struct error *e);

#endif
