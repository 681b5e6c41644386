/* SPDX-License-Identifier: MIT */
/* libcurl as a table of functions, loaded on first use. */
#include "http/libcurl.h"

#include <stdlib.h>

#include "base/library.h"

/* OpenSSL's libcurl comes with GnuTLS, too, for a protocol that we do not use.
 * That parses its tables as soon as it is loaded, unless it is told that whoever
 * needs it will ask; GnuTLS's libcurl does ask. */
void libcurl_prepare(void)
{
	setenv("GNUTLS_NO_IMPLICIT_INIT", "1", 0);
}

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
