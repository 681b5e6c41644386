/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_COMMON_FIELDS_H
#define DIALECT_COMMON_FIELDS_H

#include "dialect/field_table.h"

/* Readers of fields that mean the same in more than one dialect. */
read_field common_field_model, common_field_stream, common_field_max_tokens,
	common_field_temperature, common_field_top_p, common_field_presence,
	common_field_frequency, common_field_stop, common_field_parallel,
	common_field_effort, common_field_metadata, common_field_user,
	common_field_cache_key, common_field_store, common_field_stream_options,
	common_field_n;

/* Whether the request names a model, once all fields are read; false with
 * ERROR_MISSING. */
bool common_field_has_model(const struct chat_request *r, struct error *e);

#endif
