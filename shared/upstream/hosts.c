/* SPDX-License-Identifier: MIT */
/* Which host of a service knows a key. */
#include "upstream/hosts.h"

#include <string.h>

#define NOTE "host"

/* The place of `url` in the list; 0 if it is not there. */
static size_t place_of(const struct config_list *urls, const char *url)
{
	for (size_t i = 0; i < urls->n; i++)
		if (strcmp(urls->items[i], url) == 0)
			return i;
	return 0;
}

static bool is_choice(struct upstream_call *call,
		      const struct config_list *urls)
{
	return call->notes != NULL && urls->n > 1;
}

const char *hosts_first(struct upstream_call *call,
			const struct config_list *urls)
{
	const char *noted =
		is_choice(call, urls) ?
			call->notes->find(call->notes->ctx, NOTE, call->arena) :
			NULL;

	return urls->items[noted == NULL ? 0 : place_of(urls, noted)];
}

const char *hosts_next(const struct config_list *urls, const char *first,
		       const char *url)
{
	size_t i = place_of(urls, url);

	/* A URL that is listed twice is skipped the second time. */
	do
		i = (i + 1) % urls->n;
	while (place_of(urls, urls->items[i]) != i);
	return strcmp(urls->items[i], first) == 0 ? NULL : urls->items[i];
}

void hosts_note(struct upstream_call *call, const struct config_list *urls,
		const char *url)
{
	if (is_choice(call, urls) && strcmp(hosts_first(call, urls), url) != 0)
		call->notes->keep(call->notes->ctx, NOTE, url);
}

const char *hosts_beside(const struct config_list *urls, const char *url,
			 const struct config_list *others)
{
	size_t i = place_of(urls, url);

	return others->items[i < others->n ? i : 0];
}
