/* SPDX-License-Identifier: MIT */
/* Which host of a service knows a key. */
#include "upstream/hosts.h"

#include <string.h>

#include "upstream/note.h"

/* A host belongs to a region by how it ends. */
static const struct {
	const char *end, *region;
} regions[] = {
	{ ".moonshot.cn", "cn" },
	{ ".kimi.com", "cn" },
	{ ".moonshot.ai", "global" },
	{ ".kimi.ai", "global" },
};

/* The position of `url` in the list; 0 if it is not there. */
static size_t position_of(const struct config_list *urls, const char *url)
{
	for (size_t i = 0; i < urls->n; i++)
		if (strcmp(urls->items[i], url) == 0)
			return i;
	return 0;
}

const char *hosts_first(struct upstream_call *call,
			const struct config_list *urls)
{
	const char *noted = urls->n > 1 ? note_find(call, HOSTS_NOTE) : NULL;

	return urls->items[noted == NULL ? 0 : position_of(urls, noted)];
}

/* The one to ask after `url`, in a circle; NULL when that is `first`. */
static const char *next_host(const struct config_list *urls, const char *first,
			     const char *url)
{
	size_t i = position_of(urls, url);

	/* A URL that is listed twice is skipped the second time. */
	do
		i = (i + 1) % urls->n;
	while (position_of(urls, urls->items[i]) != i);
	return strcmp(urls->items[i], first) == 0 ? NULL : urls->items[i];
}

static void note_host(struct upstream_call *call,
		      const struct config_list *urls, const char *url)
{
	if (urls->n > 1 && strcmp(hosts_first(call, urls), url) != 0)
		note_save(call, HOSTS_NOTE, url);
}

static bool may_try_next(const struct upstream_call *call,
			 const struct hosts_visit *visit, bool first)
{
	return visit->try_next == NULL ? call->error->kind == ERROR_CREDENTIAL :
					 visit->try_next(visit->ctx, first);
}

bool hosts_visit(struct upstream_call *call, const struct config_list *urls,
		 const struct hosts_visit *visit)
{
	const char *first = hosts_first(call, urls), *host = first;
	struct error refusal;

	while (!visit->ask(visit->ctx, host)) {
		if (host == first)
			refusal = *call->error;
		if (!may_try_next(call, visit, host == first))
			return false;
		host = upstream_has_chance(call) ?
			       next_host(urls, first, host) :
			       NULL;
		if (host == NULL) {
			*call->error = refusal;
			return false;
		}
	}
	note_host(call, urls, host);
	return true;
}

const char *hosts_beside(const struct config_list *urls, const char *url,
			 const struct config_list *others)
{
	size_t i = position_of(urls, url);

	return others->items[i < others->n ? i : 0];
}

static bool ends_with(const char *p, size_t n, const char *end)
{
	size_t length = strlen(end);

	return n >= length && memcmp(p + n - length, end, length) == 0;
}

const char *hosts_region(const char *url)
{
	const char *host = strstr(url, "://");
	size_t n;

	if (host == NULL)
		return NULL;
	host += strlen("://");
	n = strcspn(host, ":/");
	for (size_t i = 0; i < sizeof(regions) / sizeof(*regions); i++)
		if (ends_with(host, n, regions[i].end))
			return regions[i].region;
	return NULL;
}
