/* SPDX-License-Identifier: MIT */
/* Brotli's decoder as a table of functions, loaded on first use. */
#include "http/encoding/libbrotlidec.h"

#include <dlfcn.h>

#define LIBRARY "libbrotlidec.so.1"

bool libbrotlidec_load(struct libbrotlidec *api, struct error *e)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return error_set(e, ERROR_SETUP,
				 "%s cannot be loaded. Is Brotli installed?",
				 LIBRARY);
#define LIBBROTLIDEC_LOAD(name)                                                \
	*(void **)&api->name = dlsym(library, "BrotliDecoder" #name);          \
	if (api->name == NULL)                                                 \
		return error_set(e, ERROR_SETUP,                               \
				 LIBRARY " lacks BrotliDecoder" #name ".");
	LIBBROTLIDEC_FUNCTIONS(LIBBROTLIDEC_LOAD)
#undef LIBBROTLIDEC_LOAD
	return true;
}
