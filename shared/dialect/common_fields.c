/* SPDX-License-Identifier: MIT */
/* Fields that mean the same in more than one dialect. */
#include "dialect/common_fields.h"

#include <string.h>

#include "base/utf8.h"

#define MAX_N 8
#define MAX_STOP 4
#define MAX_METADATA 16
#define MAX_METADATA_KEY 64
#define MAX_METADATA_VALUE 512

bool common_field_model(struct decoder *d, const char *name, const cJSON *v)
{
	if (!field_text(d, name, v, &d->request->model))
		return false;
	if (*d->request->model == '\0')
		return error_field(d->error, ERROR_MISSING, name,
				   "'model' is empty: name one of the models "
				   "listed by GET /v1/models.");
	return true;
}

bool common_field_has_model(const struct chat_request *r, struct error *e)
{
	return r->model != NULL ||
	       error_field(e, ERROR_MISSING, "model",
			   "'model' is missing: name one of the models listed "
			   "by GET /v1/models.");
}

bool common_field_stream(struct decoder *d, const char *name, const cJSON *v)
{
	return field_bool(d, name, v, &d->request->stream);
}

bool common_field_stream_options(struct decoder *d, const char *name,
				 const cJSON *v)
{
	const cJSON *usage = json_at(v, "include_usage");

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	return usage == NULL || field_bool(d, "stream_options.include_usage",
					   usage, &d->request->include_usage);
}

bool common_field_n(struct decoder *d, const char *name, const cJSON *v)
{
	int64_t n = 1;

	if (!field_integer(d, name, v, 1, MAX_N, &n))
		return false;
	d->request->n = (size_t)n;
	return true;
}

bool common_field_max_tokens(struct decoder *d, const char *name,
			     const cJSON *v)
{
	return field_integer(d, name, v, 1, 1000000000,
			     &d->request->max_tokens);
}

bool common_field_temperature(struct decoder *d, const char *name,
			      const cJSON *v)
{
	return field_range(d, name, v, 0, 2, &d->request->temperature);
}

bool common_field_top_p(struct decoder *d, const char *name, const cJSON *v)
{
	return field_range(d, name, v, 0, 1, &d->request->top_p);
}

bool common_field_presence(struct decoder *d, const char *name, const cJSON *v)
{
	return field_range(d, name, v, -2, 2, &d->request->presence_penalty);
}

bool common_field_frequency(struct decoder *d, const char *name, const cJSON *v)
{
	return field_range(d, name, v, -2, 2, &d->request->frequency_penalty);
}

bool common_field_stop(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *entry = cJSON_IsArray(v) ? v->child : v;
	const char **stop = arena_array(d->arena, MAX_STOP, sizeof(*stop));
	size_t n = 0;

	for (; entry != NULL; entry = entry->next) {
		if (n == MAX_STOP)
			return error_field(d->error, ERROR_VALUE, name,
					   "'%s' may have at most %d strings.",
					   name, MAX_STOP);
		if (!cJSON_IsString(entry))
			return field_wrong_type(
				d, name, "a string or an array of strings");
		if (entry->valuestring[0] != '\0')
			stop[n++] = entry->valuestring;
		if (!cJSON_IsArray(v))
			break;
	}
	d->request->stop = stop;
	d->request->n_stop = n;
	return true;
}

bool common_field_parallel(struct decoder *d, const char *name, const cJSON *v)
{
	bool parallel = true;

	if (!field_bool(d, name, v, &parallel))
		return false;
	d->request->one_call = !parallel;
	return true;
}

bool common_field_effort(struct decoder *d, const char *name, const cJSON *v)
{
	/* The second word is what it means; NULL: the model's default. */
	static const char *const efforts[][2] = {
		{ "none", "none" },	{ "off", "none" },
		{ "disabled", "none" }, { "minimal", "minimal" },
		{ "light", "low" },	{ "low", "low" },
		{ "medium", "medium" }, { "high", "high" },
		{ "xhigh", "xhigh" },	{ "ultra", "max" },
		{ "max", "max" },	{ "auto", NULL },
		{ "default", NULL },
	};
	const char *word;

	if (!field_text(d, name, v, &word))
		return false;
	for (size_t i = 0; i < sizeof(efforts) / sizeof(*efforts); i++)
		if (strcmp(word, efforts[i][0]) == 0) {
			d->request->effort = efforts[i][1];
			return true;
		}
	return error_field(d->error, ERROR_VALUE, name,
			   "'%s' must be none, minimal, low, medium, high, "
			   "xhigh or max.",
			   name);
}

static size_t characters(const char *text)
{
	return utf8_count(text, strlen(text));
}

bool common_field_metadata(struct decoder *d, const char *name, const cJSON *v)
{
	const cJSON *pair;

	if (!cJSON_IsObject(v))
		return field_wrong_type(d, name, "an object");
	if (cJSON_GetArraySize(v) > MAX_METADATA)
		return error_field(d->error, ERROR_VALUE, name,
				   "'metadata' may have at most %d pairs.",
				   MAX_METADATA);
	cJSON_ArrayForEach(pair, v)
		if (!cJSON_IsString(pair) ||
		    characters(pair->string) > MAX_METADATA_KEY ||
		    characters(pair->valuestring) > MAX_METADATA_VALUE)
			return error_field(d->error, ERROR_VALUE, name,
					   "'metadata' must map strings to "
					   "strings: names of up to %d and "
					   "values of up to %d characters.",
					   MAX_METADATA_KEY,
					   MAX_METADATA_VALUE);
	d->request->metadata = json_print(d->arena, v);
	return true;
}

bool common_field_user(struct decoder *d, const char *name, const cJSON *v)
{
	return field_text(d, name, v, &d->request->user);
}

bool common_field_cache_key(struct decoder *d, const char *name, const cJSON *v)
{
	return field_text(d, name, v, &d->request->cache_key);
}

bool common_field_store(struct decoder *d, const char *name, const cJSON *v)
{
	bool on = true;

	if (!field_bool(d, name, v, &on))
		return false;
	d->request->store = on ? CHAT_STORE_ON : CHAT_STORE_OFF;
	return true;
}
