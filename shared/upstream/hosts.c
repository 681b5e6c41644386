/* SPDX-License-Identifier: MIT */
/* Which host of a service knows a key. */
#include "upstream/hosts.h"

#include <string.h>

#define NOTE "host"

/* The place of `url` in the list; 0 if it is not there. */
static size_t place_of(struct upstream_call *call, const char *urls,
		       const char *url)
{
	const char *entry;

	for (size_t i = 0; (entry = config_list_at(urls, i, call->arena)); i++)
		if (strcmp(entry, url) == 0)
			return i;
	return 0;
}

static bool is_choice(struct upstream_call *call, const char *urls)
{
	return call->notes != NULL && strchr(urls, ',') != NULL;
}

const char *hosts_first(struct upstream_call *call, const char *urls)
{
	const char *noted =
		is_choice(call, urls) ?
			call->notes->find(call->notes->ctx, NOTE, call->arena) :
			NULL;
	size_t i = noted == NULL ? 0 : place_of(call, urls, noted);

	return config_list_at(urls, i, call->arena);
}

const char *hosts_next(struct upstream_call *call, const char *urls,
		       const char *first, const char *url)
{
	size_t i = place_of(call, urls, url);
	const char *next;

	/* One that is set twice is passed over the second time. */
	do {
		next = config_list_at(urls, ++i, call->arena);
		if (next == NULL)
			next = config_list_at(urls, i = 0, call->arena);
	} while (place_of(call, urls, next) != i);
	return strcmp(next, first) == 0 ? NULL : next;
}

void hosts_note(struct upstream_call *call, const char *urls, const char *url)
{
	if (is_choice(call, urls) && strcmp(hosts_first(call, urls), url) != 0)
		call->notes->keep(call->notes->ctx, NOTE, url);
}

const char *hosts_beside(struct upstream_call *call, const char *urls,
			 const char *url, const char *others)
{
	const char *beside =
		config_list_at(others, place_of(call, urls, url), call->arena);

	return beside != NULL ? beside : config_list_at(others, 0, call->arena);
}
