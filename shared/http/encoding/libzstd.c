/* SPDX-License-Identifier: MIT */
/* Zstandard as a table of functions, loaded on first use. */
#include "http/encoding/libzstd.h"

#include <dlfcn.h>

#define LIBRARY "libzstd.so.1"

bool libzstd_load(struct libzstd *api, struct error *e)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return error_set(e, ERROR_SETUP,
				 "%s cannot be loaded. Is Zstandard installed?",
				 LIBRARY);
#define LIBZSTD_LOAD(name)                                                     \
	*(void **)&api->name = dlsym(library, "ZSTD_" #name);                  \
	if (api->name == NULL)                                                 \
		return error_set(e, ERROR_SETUP,                               \
				 LIBRARY " lacks ZSTD_" #name ".");
	LIBZSTD_FUNCTIONS(LIBZSTD_LOAD)
#undef LIBZSTD_LOAD
	return true;
}
