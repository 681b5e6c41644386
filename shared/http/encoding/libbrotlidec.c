/* SPDX-License-Identifier: MIT */
/* Brotli's decoder as a table of functions, loaded on first use. */
#include "http/encoding/libbrotlidec.h"

#include "base/library.h"

bool libbrotlidec_load(struct libbrotlidec *api, struct error *e)
{
	void *library = library_open("libbrotlidec.so.1", "Brotli", e);
	bool ok = library != NULL;

#define LIBBROTLIDEC_FIND(name)                                                \
	ok = ok && library_find(library, "BrotliDecoder" #name, &api->name, e);
	LIBBROTLIDEC_FUNCTIONS(LIBBROTLIDEC_FIND)
#undef LIBBROTLIDEC_FIND
	return ok;
}
