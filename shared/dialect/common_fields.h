/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_COMMON_FIELDS_H
#define DIALECT_COMMON_FIELDS_H

#include "dialect/field_table.h"

/* Readers of fields that mean the same in more than one dialect. */
read_field read_model, read_stream, read_max_tokens, read_temperature,
	read_top_p, read_presence, read_frequency, read_stop, read_parallel,
	read_effort, read_metadata, read_user, read_cache_key, read_store,
	read_stream_options, read_n;

/* Whether the request, once all is read, has a model. ERROR_MISSING. */
bool model_is_named(const struct chat_request *r, struct error *e);

#endif
