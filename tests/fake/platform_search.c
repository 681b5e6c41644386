/* SPDX-License-Identifier: MIT */
/* Searches: what is found for which words. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "platform_search.h"
#include "text.h"

#define SLUG_MAX 48

/* The words as they stand in URLs, without a scene. */
static void slug_add(struct text *t, const char *words)
{
	const char *end = strstr(words, "fake:{");
	size_t n = end ? (size_t)(end - words) : strlen(words);
	bool gap = false;

	for (size_t i = 0; i < n && t->length < SLUG_MAX; i++) {
		unsigned char c = (unsigned char)words[i];
		char small = (char)tolower(c);

		if (c >= 0x80 || !isalnum(c)) {
			gap = t->length > 0;
			continue;
		}
		if (gap)
			text_put(t, "-");
		gap = false;
		text_add(t, &small, 1);
	}
	if (!t->length)
		text_put(t, "nothing");
}

static void member_add(cJSON *object, const char *name, struct text *value)
{
	cJSON_AddStringToObject(object, name, value->at);
	text_fini(value);
}

cJSON *search_results(const char *words)
{
	cJSON *results = cJSON_CreateArray(), *result;
	struct text slug = { 0 }, made = { 0 };

	slug_add(&slug, words);
	for (int i = 1; i <= 2; i++) {
		result = cJSON_CreateObject();
		cJSON_AddStringToObject(result, "site_name", "Example");
		text_printf(&made, "Page %d about %s", i, slug.at);
		member_add(result, "title", &made);
		text_printf(&made, "https://example.com/%s/%d", slug.at, i);
		member_add(result, "url", &made);
		text_printf(&made, "What page %d says about %s.", i, slug.at);
		member_add(result, "snippet", &made);
		cJSON_AddItemToArray(results, result);
	}
	text_fini(&slug);
	return results;
}
