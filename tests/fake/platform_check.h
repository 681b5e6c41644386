/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_CHECK_H
#define FAKE_PLATFORM_CHECK_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "text.h"

enum family { FAMILY_K3, FAMILY_K27, FAMILY_K26 };

struct platform_model {
	const char *id;
	enum family family;
	int context;
};

/* Ends with an entry without id. */
extern const struct platform_model platform_models[];

struct refusal {
	int status;
	const char *type;
	struct text message; /* text_fini */
};

/* The request's model; NULL: refused. */
const struct platform_model *platform_check(const cJSON *request,
					    struct refusal *no);
/* Does that request think? */
bool platform_thinks(const struct platform_model *model, const cJSON *request);

/* For the parts of the check: always false. */
bool refuse(struct refusal *no, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool platform_check_messages(const struct platform_model *model,
			     const cJSON *request, struct refusal *no);
const char *platform_word(const cJSON *object, const char *name);

#endif
