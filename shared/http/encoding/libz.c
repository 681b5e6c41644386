/* SPDX-License-Identifier: MIT */
/* zlib as a table of functions, loaded on first use. */
#include "http/encoding/libz.h"

#include <dlfcn.h>

#define LIBRARY "libz.so.1"

bool libz_load(struct libz *api, struct error *e)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return error_set(e, ERROR_SETUP,
				 "%s cannot be loaded. Is zlib installed?",
				 LIBRARY);
#define LIBZ_LOAD(name)                                                        \
	*(void **)&api->name = dlsym(library, #name);                          \
	if (api->name == NULL)                                                 \
		return error_set(e, ERROR_SETUP, LIBRARY " lacks " #name ".");
	LIBZ_FUNCTIONS(LIBZ_LOAD)
#undef LIBZ_LOAD
	return true;
}
