/* SPDX-License-Identifier: MIT */
#ifndef APP_USAGE_USAGE_QUERY_H
#define APP_USAGE_USAGE_QUERY_H

#include "app/exchange.h"
#include "store/usage_buckets.h"

/* OpenAI's questions about the usage of an organization, which is this server:
 * https://platform.openai.com/docs/api-reference/usage. */

/* The one project, which all API keys are in. */
#define USAGE_PROJECT "default"

/* What results can be divided by; several at once. */
enum usage_division {
	DIVIDE_PROJECT = 1 << 0,
	DIVIDE_USER = 1 << 1,
	DIVIDE_KEY = 1 << 2,
	DIVIDE_MODEL = 1 << 3,
	DIVIDE_BATCH = 1 << 4,
	DIVIDE_SERVICE_TIER = 1 << 5,
	DIVIDE_CONTEXT_LEVEL = 1 << 6,
	DIVIDE_LINE_ITEM = 1 << 7,
};
#define USAGE_DIVISIONS 8

/* The division of a bit, as OpenAI calls it. */
extern const char *const usage_division_names[USAGE_DIVISIONS];

/* What may be asked of an endpoint. */
struct usage_rules {
	unsigned divisions; /* by what */
	bool only_days;	    /* the width of all buckets */
	size_t max_days;    /* on a page */
};

struct usage_query {
	struct usage_buckets buckets; /* of one page */
	unsigned divisions;
	bool nothing;	       /* no request can match the filters */
	const char *next_page; /* NULL: this is the last */
};

/*
 * Reads the query of the request. Lists may come as a[]=1&a[]=2, a=1&a=2 and
 * a=1,2. False with an error that names the parameter.
 */
bool usage_query_read(struct usage_query *q, struct exchange *x,
		      const struct usage_rules *rules, struct error *e);

#endif
