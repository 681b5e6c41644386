/* SPDX-License-Identifier: MIT */
/* Kimi Code's `reasoning_details`, and how strictly they are taken back. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "code_details.h"

#define SEALED_SIZE 40

/* Not encrypted, but nobody else comes by it. */
static void seal(char sealed[SEALED_SIZE], const char *text)
{
	uint64_t sum = UINT64_C(14695981039346656037);

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * UINT64_C(1099511628211);
	(void)snprintf(sealed, SEALED_SIZE, "of-kimi/%016" PRIx64 "+==", sum);
}

void details_piece(struct text *json, const struct turn *turn, const char *text,
		   size_t n)
{
	if (strcmp(turn->scene->details, "both") == 0) {
		text_put(json, "\"reasoning_content\":");
		text_quote(json, text, n);
		text_put(json, ",");
	}
	text_put(json, "\"reasoning_details\":[{\"index\":0,\"type\":"
		       "\"summary\",\"summary\":");
	text_quote(json, text, n);
	text_put(json, "}]");
}

void details_half(struct text *json, const struct turn *turn, int half)
{
	char sealed[SEALED_SIZE];
	size_t middle;

	seal(sealed, turn->reasoning.at);
	middle = strlen(sealed) / 2;
	text_put(json, "\"reasoning_details\":[{\"index\":1,\"type\":"
		       "\"encrypted\",\"encrypted\":");
	text_quote(json, half ? sealed + middle : sealed,
		   half ? strlen(sealed) - middle : middle);
	text_put(json, "}]");
}

static bool entry_check(const cJSON *entry, int index, int place,
			struct refusal *no)
{
	const char *type = platform_word(entry, "type");

	if (platform_member(entry, "index"))
		return refuse(no,
			      "the reasoning_details at position %d entry %d "
			      "must not contain streaming index",
			      index, place);
	if (strcmp(type, "summary") != 0 && strcmp(type, "encrypted") != 0)
		return refuse(no,
			      "the reasoning_details at position %d entry %d "
			      "has an invalid type",
			      index, place);
	return *platform_word(entry, type) ||
	       refuse(no,
		      "the reasoning_details at position %d entry %d is empty",
		      index, place);
}

/* Both entries belong together. */
static bool pair_check(const cJSON *details, int index, struct refusal *no)
{
	const char *summary = "", *encrypted = "";
	char sealed[SEALED_SIZE];
	const cJSON *entry;

	cJSON_ArrayForEach(entry, details) {
		if (*platform_word(entry, "summary"))
			summary = platform_word(entry, "summary");
		if (*platform_word(entry, "encrypted"))
			encrypted = platform_word(entry, "encrypted");
	}
	seal(sealed, summary);
	return strcmp(sealed, encrypted) == 0 ||
	       refuse(no,
		      "the reasoning_details at position %d cannot be "
		      "decrypted",
		      index);
}

bool details_check(const struct platform_model *model, const cJSON *message,
		   int index, struct refusal *no)
{
	const cJSON *details = platform_member(message, "reasoning_details");
	const cJSON *entry;
	int place = 0;

	if (!details)
		return true;
	if (model->family != FAMILY_K3 || !cJSON_IsArray(details))
		return refuse(no,
			      "Invalid request: reasoning_details at position "
			      "%d are not supported",
			      index);
	cJSON_ArrayForEach(entry, details)
		if (!entry_check(entry, index, place++, no))
			return false;
	return pair_check(details, index, no);
}
