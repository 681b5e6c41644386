/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_HOSTS_H
#define UPSTREAM_HOSTS_H

#include "upstream/upstream.h"

/*
 * A service may have several hosts, of which one knows a key (accounts of
 * mainland China and others). `urls` is the setting. The host
 * that knew the key is noted with the credential and asked first from then on.
 */

#define HOSTS_NOTE "host" /* the name of that note */

struct hosts_visit {
	/* Asks one host. False with the error of the call filled. */
	bool (*ask)(void *ctx, const char *host);

	/*
	 * Whether another host may know the key, after one failed with the
	 * error of the call; `first`: that was the first one asked. NULL:
	 * after ERROR_CREDENTIAL.
	 */
	bool (*try_next)(void *ctx, bool first);
	void *ctx;
};

/*
 * Asks one host after the other, each once, until one succeeds, which is
 * noted. When all have failed, the error is that of the first.
 */
bool hosts_visit(struct upstream_call *call, const struct config_list *urls,
		 const struct hosts_visit *visit);

/* The host that is asked first. */
const char *hosts_first(struct upstream_call *call,
			const struct config_list *urls);

/* The entry of another list at the position that `url` has in `urls`, or its
 * first one if it has none there. */
const char *hosts_beside(const struct config_list *urls, const char *url,
			 const struct config_list *others);

/* Which of Kimi's two price lists a base URL goes by: "cn" or "global"; NULL:
 * its host is none of Kimi's. */
const char *hosts_region(const char *url);

#endif
