/* SPDX-License-Identifier: MIT */
/* Requests as columns, the most important ones first. */
#include "cgi/command/request_columns.h"

#include <string.h>

const struct output_column request_columns[REQUEST_COLUMNS] = {
	{ "started_at", OUTPUT_TIME, OUTPUT_ALWAYS },
	{ "id", OUTPUT_ID, OUTPUT_ALWAYS },
	{ "key", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "model", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "status", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "http_status", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "prompt_tokens", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "completion_tokens", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "cost", OUTPUT_MONEY, OUTPUT_IF_WIDE },
	{ "duration_ms", OUTPUT_DURATION, OUTPUT_IF_WIDE },
	{ "first_token_ms", OUTPUT_DURATION, OUTPUT_IF_WIDE },
	{ "credential", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "error_kind", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "cached_tokens", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "cache_write_tokens", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "reasoning_tokens", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "token_source", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "searches", OUTPUT_INTEGER, OUTPUT_DETAIL },
	{ "list_cost", OUTPUT_MONEY, OUTPUT_DETAIL },
	{ "dialect", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "stream", OUTPUT_BOOLEAN, OUTPUT_DETAIL },
	{ "finish_reason", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "service", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "conversation", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "error", OUTPUT_TEXT, OUTPUT_DETAIL },
};

static enum output_style style_of(const char *status)
{
	if (strcmp(status, "done") == 0)
		return OUTPUT_GOOD;
	return strcmp(status, "running") == 0 ? OUTPUT_PLAIN : OUTPUT_BAD;
}

void request_cells(struct output *o, const struct store_request *r)
{
	output_number(o, r->started_at);
	output_text(o, r->id);
	output_text(o, r->key);
	output_text(o, r->model);
	output_text(o, r->status);
	output_style(o, style_of(r->status));
	output_number(o, r->http_status);
	output_number(o, r->prompt_tokens);
	output_number(o, r->completion_tokens);
	output_money(o, r->cost, r->currency);
	output_number(o, r->duration_ms);
	output_number(o, r->first_token_ms);
	output_text(o, r->credential);
	output_text(o, r->error_kind);
	output_number(o, r->cached_tokens);
	output_number(o, r->cache_write_tokens);
	output_number(o, r->reasoning_tokens);
	output_text(o, r->token_source);
	output_number(o, r->searches);
	output_money(o, r->list_cost, r->list_currency);
	output_text(o, r->dialect);
	output_number(o, r->stream);
	output_text(o, r->finish_reason);
	output_text(o, r->service);
	output_text(o, r->conversation);
	output_text(o, r->error);
}

const struct output_column failed_request_columns[FAILED_REQUEST_COLUMNS] = {
	{ "started_at", OUTPUT_TIME, OUTPUT_ALWAYS },
	{ "id", OUTPUT_ID, OUTPUT_ALWAYS },
	{ "key", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "http_status", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "model", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "status", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "error", OUTPUT_TEXT, OUTPUT_ALWAYS },
};

void failed_request_cells(struct output *o, const struct store_request *r)
{
	output_number(o, r->started_at);
	output_text(o, r->id);
	output_text(o, r->key);
	output_number(o, r->http_status);
	output_text(o, r->model);
	output_text(o, r->status);
	output_text(o, r->error == NULL && o->format == OUTPUT_FOR_PEOPLE ?
			       r->status :
			       r->error);
}
