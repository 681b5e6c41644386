/* SPDX-License-Identifier: MIT */
/* base/library for programs without shared libraries: what they load at run
 * time elsewhere is linked in. */
#include "base/library.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "http/encoding/libbrotlidec.h"
#include "http/encoding/libz.h"
#include "http/encoding/libzstd.h"
#include "http/libcurl.h"
#include "tokens/libpcre2.h"

typedef void anything(void);

#define CURL(name) { "curl_" #name, (anything *)curl_##name },
#define Z(name) { #name, (anything *)(name) },
#define BROTLI(name) { "BrotliDecoder" #name, (anything *)BrotliDecoder##name },
#define ZSTD(name) { "ZSTD_" #name, (anything *)ZSTD_##name },
#define PCRE2(name) { "pcre2_" #name "_8", (anything *)LIBPCRE2_NAME(name) },

#define LINKED                                                                 \
	LIBCURL_FUNCTIONS(CURL)                                                \
	LIBZ_FUNCTIONS(Z)                                                      \
	LIBBROTLIDEC_FUNCTIONS(BROTLI)                                         \
	LIBZSTD_FUNCTIONS(ZSTD)                                                \
	LIBPCRE2_FUNCTIONS(PCRE2)

static const struct linked {
	const char *name;
	anything *function;
} all[] = { LINKED };

/* One library for all: names of functions tell them apart. */
void *library_open(const char *file, const char *package, struct error *e)
{
	(void)file;
	(void)package;
	(void)e;
	return (void *)(uintptr_t)all;
}

bool library_find(void *library, const char *name, void *function,
		  struct error *e)
{
	const struct linked *linked = library;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(linked[i].name, name) != 0)
			continue;
		*(anything **)function = linked[i].function;
		return true;
	}
	return error_set(e, ERROR_SETUP, "%s is not linked in.", name);
}
