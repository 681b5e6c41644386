/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_ASKED_H
#define SUPPORT_ASKED_H

#include "base/json.h"
#include "tests/unit/support/site.h"

/* The body of an answer, which must be a 200. */
const cJSON *asked(struct site *s, const char *method, const char *uri,
		   const char *body);

/* The whole `answer` is an error of OpenAI's shape; `param` "": it has none. */
void assert_refused(struct site *s, const char *answer, const char *status,
		    const char *param);

#endif
