/* SPDX-License-Identifier: MIT */
/* The chat template of each model, and the tokens it adds. */
#include "tokens/template.h"

#include <string.h>
#include <strings.h>

/* K3 was seen to charge 90 to 100 tokens for one short message, most of them
 * for a system text about its reasoning effort. */
#define K3_PROMPT 90

/* By what follows "kimi-" in the name; the first that fits decides. */
static const struct {
	const char *name;
	enum tokens_template template;
	bool thinks; /* unless the request says no */
} models[] = {
	{ "k2-0711", TOKENS_K2, false }, { "k2-0905", TOKENS_K2_0905, false },
	{ "k2.5", TOKENS_K2_5, true },	 { "k2.6", TOKENS_K2_5, true },
	{ "k2d5", TOKENS_K2_5, false },	 { "k2d6", TOKENS_K2_5, false },
	{ "k3", TOKENS_K3, true },
};

#define MODELS (sizeof(models) / sizeof(*models))
#define FAMILY "kimi-"
#define WEB_MODEL "k2"

const struct template_rules *template_rules(enum tokens_template t)
{
	static const struct template_rules rules[] = {
		[TOKENS_K2] = { .exact = true,
				.hint = "You are a helpful assistant",
				.prompt = 3 },
		[TOKENS_K2_0905] = { .exact = true,
				     .hint = "You are Kimi, an AI assistant "
					     "created by Moonshot AI.",
				     .prompt = 3 },
		[TOKENS_K2_5] = { .exact = true,
				  .types = true,
				  .marks = true,
				  .prompt = 5 },
		[TOKENS_K2_5_THINKING] = { .exact = true,
					   .types = true,
					   .marks = true,
					   .thinks = true,
					   .prompt = 4 },
		[TOKENS_OTHER] = { .types = true,
				   .marks = true,
				   .thinks = true,
				   .prompt = 4 },
		[TOKENS_K3] = { .types = true,
				.marks = true,
				.thinks = true,
				.prompt = K3_PROMPT },
	};

	return &rules[t];
}

static bool thinks(const struct chat_request *request, bool fallback)
{
	if (request->thinking != CHAT_THINKING_DEFAULT)
		return request->thinking == CHAT_THINKING_ON;
	if (request->effort != NULL)
		return strcmp(request->effort, "none") != 0;
	return fallback;
}

enum tokens_template template_of(const char *model,
				 const struct chat_request *request)
{
	const char *name = model;
	enum tokens_template found = TOKENS_OTHER;
	bool fallback = false;

	if (strncasecmp(name, FAMILY, strlen(FAMILY)) == 0)
		name += strlen(FAMILY);
	if (strcasecmp(name, WEB_MODEL) == 0)
		found = TOKENS_K2_5;
	for (size_t i = 0; i < MODELS && found == TOKENS_OTHER; i++)
		if (strncasecmp(name, models[i].name, strlen(models[i].name)) ==
		    0) {
			found = models[i].template;
			fallback = models[i].thinks;
		}
	if (found == TOKENS_K2_5 && thinks(request, fallback))
		return TOKENS_K2_5_THINKING;
	return found;
}
