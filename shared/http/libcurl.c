/* SPDX-License-Identifier: MIT */
/* libcurl as a table of functions, loaded on first use. */
#include "http/libcurl.h"

#include "base/library.h"

static bool load(struct libcurl *api, struct error *e)
{
	void *library = library_open("libcurl.so.4", "libcurl 4", e);
	bool ok = library != NULL;

#define LIBCURL_FIND(name)                                                     \
	ok = ok && library_find(library, "curl_" #name, &api->name, e);
	LIBCURL_FUNCTIONS(LIBCURL_FIND)
#undef LIBCURL_FIND
	if (!ok)
		return false;
	if (api->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(e, ERROR_SETUP,
				 "libcurl cannot be initialized.");
	return true;
}

bool libcurl_load(struct libcurl *api, pthread_mutex_t *loading,
		  struct error *e)
{
	bool ok;

	if (loading != NULL)
		pthread_mutex_lock(loading);
	ok = load(api, e);
	if (loading != NULL)
		pthread_mutex_unlock(loading);
	return ok;
}
