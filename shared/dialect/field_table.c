/* SPDX-License-Identifier: MIT */
/* Reads a request by its table of fields, and plain values. */
#include "dialect/field_table.h"

#include <math.h>

void field_decoder_init(struct decoder *d, struct arena *a,
			struct chat_request *request, struct error *e)
{
	*d = (struct decoder){ .arena = a, .request = request, .error = e };
	*request = (struct chat_request){
		.temperature = NAN,
		.top_p = NAN,
		.presence_penalty = NAN,
		.frequency_penalty = NAN,
		.n = 1,
		.n_prompts = 1,
	};
}

bool field_table_read(struct decoder *d, const struct field *fields,
		      const cJSON *body)
{
	if (!cJSON_IsObject(body))
		return error_set(d->error, ERROR_BAD_REQUEST,
				 "The body must be a JSON object.");
	d->body = body;
	for (const struct field *f = fields; f->name != NULL; f++) {
		const cJSON *v = json_at(body, f->name);

		if (v != NULL && f->read != NULL && !f->read(d, f->name, v))
			return false;
	}
	return true;
}

bool field_wrong_type(struct decoder *d, const char *name, const char *want)
{
	return error_field(d->error, ERROR_TYPE, name, "'%s' must be %s.", name,
			   want);
}

bool field_text(struct decoder *d, const char *name, const cJSON *v,
		const char **out)
{
	if (!cJSON_IsString(v))
		return field_wrong_type(d, name, "a string");
	*out = v->valuestring;
	return true;
}

bool field_bool(struct decoder *d, const char *name, const cJSON *v, bool *out)
{
	if (!cJSON_IsBool(v))
		return field_wrong_type(d, name, "a boolean");
	*out = cJSON_IsTrue(v);
	return true;
}

bool field_range(struct decoder *d, const char *name, const cJSON *v,
		 double min, double max, double *out)
{
	if (!cJSON_IsNumber(v))
		return field_wrong_type(d, name, "a number");
	if (!(v->valuedouble >= min && v->valuedouble <= max))
		return error_field(d->error, ERROR_VALUE, name,
				   "'%s' must be between %g and %g.", name, min,
				   max);
	*out = v->valuedouble;
	return true;
}

bool field_integer(struct decoder *d, const char *name, const cJSON *v,
		   int64_t min, int64_t max, int64_t *out)
{
	double n = 0;

	if (!field_range(d, name, v, (double)min, (double)max, &n))
		return false;
	if (n != floor(n))
		return field_wrong_type(d, name, "an integer");
	*out = (int64_t)n;
	return true;
}

const char *field_support_name(enum field_support support)
{
	switch (support) {
	case FIELD_MAPPED:
		return "mapped";
	case FIELD_KEPT:
		return "kept";
	case FIELD_IGNORED:
		return "ignored";
	case FIELD_REFUSED:
		return "refused";
	}
	return "?";
}
