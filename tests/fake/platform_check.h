/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_CHECK_H
#define FAKE_PLATFORM_CHECK_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "text.h"

struct fake;

enum family { FAMILY_K3, FAMILY_K28, FAMILY_K27, FAMILY_K26 };

struct platform_model {
	const char *id;
	enum family family;
	int context;
};

/* Ends with an entry without id. */
extern const struct platform_model platform_models[];
/* NULL: none of that name. */
const struct platform_model *
platform_model_find(const struct platform_model *models, const char *id);

/* A request under check: who asks what. All borrowed. */
struct ask {
	struct fake *fake;
	const char *service, *key;	    /* files belong to both */
	const struct platform_model *model; /* NULL: the service lacks it */
	const cJSON *request;		    /* NULL: no JSON */
};

struct refusal {
	int status;
	const char *type;
	struct text message; /* text_fini */
};

bool platform_check(const struct ask *ask, struct refusal *no);
/* Whether the model can do without thinking, and takes an effort. */
bool platform_has_switch(const struct platform_model *model);
bool platform_has_effort(const struct platform_model *model);
bool platform_effort_is_known(const char *effort);
/* Whether that request thinks. */
bool platform_thinks(const struct platform_model *model, const cJSON *request);

/* For the parts of the check: always false. */
bool refuse(struct refusal *no, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool platform_check_messages(const struct ask *ask, struct refusal *no);
/* Whether the last message is the beginning of a reply. */
bool platform_partial(const cJSON *request);
/* Whether there is a request, for an existing model. */
bool platform_check_model(const struct ask *ask, struct refusal *no);
/* Sampling parameters, which are fixed. */
bool platform_check_numbers(const struct ask *ask, struct refusal *no);
/* Prompt and reply must fit the model. */
bool platform_check_size(const struct ask *ask, struct refusal *no);
bool platform_check_tools(const cJSON *tools, struct refusal *no);
/* A function's name, in `tools`, in the history and in `tool_choice`. */
bool platform_check_name(const char *name, struct refusal *no);

/* Tokens of the messages: a quarter of their bytes, 1024 for an image. */
size_t platform_tokens(const cJSON *request);

/* A member, NULL if it is null; a string member, "" if it is none. */
const cJSON *platform_member(const cJSON *object, const char *name);
const char *platform_word(const cJSON *object, const char *name);

#endif
