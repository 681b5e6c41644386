/* SPDX-License-Identifier: MIT */
/* libcurl as a table of functions, loaded on first use. */
#include "http/libcurl.h"

#include <dlfcn.h>

#define LIBRARY "libcurl.so.4"

bool libcurl_load(struct libcurl *api, struct error *e)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return error_set(e, ERROR_SETUP,
				 "%s cannot be loaded. Is libcurl 4 "
				 "installed?",
				 LIBRARY);
#define LIBCURL_LOAD(name)                                                     \
	*(void **)&api->name = dlsym(library, "curl_" #name);                  \
	if (api->name == NULL)                                                 \
		return error_set(e, ERROR_SETUP,                               \
				 LIBRARY " lacks curl_" #name ".");
	LIBCURL_FUNCTIONS(LIBCURL_LOAD)
#undef LIBCURL_LOAD
	if (api->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(e, ERROR_SETUP,
				 "libcurl cannot be initialized.");
	return true;
}
