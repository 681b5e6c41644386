/* SPDX-License-Identifier: MIT */
/* PCRE2 as a table of functions, loaded on first use. */
#include "tokens/libpcre2.h"

#include <dlfcn.h>

#define LIBRARY "libpcre2-8.so.0"

bool libpcre2_load(struct libpcre2 *api, struct error *e)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return error_set(e, ERROR_SETUP,
				 "%s cannot be loaded. Is PCRE2 installed?",
				 LIBRARY);
#define LIBPCRE2_LOAD(name)                                                    \
	*(void **)&api->name = dlsym(library, "pcre2_" #name "_8");            \
	if (api->name == NULL)                                                 \
		return error_set(e, ERROR_SETUP,                               \
				 LIBRARY " lacks pcre2_" #name "_8.");
	LIBPCRE2_FUNCTIONS(LIBPCRE2_LOAD)
#undef LIBPCRE2_LOAD
	return true;
}
