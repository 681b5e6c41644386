/* SPDX-License-Identifier: MIT */
/*
 * Sealed texts: what was sealed can be opened, and nothing else. The first two
 * bytes say how a sealed text is damaged.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "dialect/sealed.h"

static bool can_come_back(const char *text, size_t n)
{
	return n > 0 && memchr(text, '\0', n) == NULL && utf8_valid(text, n);
}

/* Whatever opens was sealed by us, byte for byte. */
static void check_opened(struct arena *a, const char *opaque)
{
	const char *text = sealed_get(a, opaque);

	if (text == NULL)
		return;
	assert(can_come_back(text, strlen(text)));
	assert(strcmp(sealed_put(a, text, strlen(text)), opaque) == 0);
}

static void check_other(struct arena *a, const char *sealed, const char *other)
{
	assert(strcmp(sealed, other) == 0 || sealed_get(a, other) == NULL);
}

static void check_damaged(struct arena *a, const char *sealed, unsigned place,
			  char other)
{
	size_t n = strlen(sealed), at = place % n;
	char *damaged = arena_copy(a, sealed);

	check_other(a, sealed, arena_copy_n(a, sealed, at));
	check_other(a, sealed, arena_copy_n(a, sealed, n - 1));
	check_other(a, sealed,
		    arena_printf(a, "%s%c", sealed, other == 0 ? '=' : other));
	damaged[at] = other;
	check_other(a, sealed, damaged);
	/* Near the end, where some bits belong to no byte. */
	damaged[at] = sealed[at];
	damaged[n - 1 - place % 3] = other;
	check_other(a, sealed, damaged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *sealed, *again, *text;
	struct arena a;

	if (size < 2)
		return 0;
	arena_init(&a);
	/* In a block of exactly its size, for a sanitizer. */
	check_opened(&a, arena_copy_n(&a, (const char *)data, size));
	text = (const char *)data + 2;
	sealed = sealed_put(&a, text, size - 2);
	again = sealed_get(&a, sealed);
	assert((again != NULL) == can_come_back(text, size - 2));
	assert(again == NULL || (strlen(again) == size - 2 &&
				 memcmp(again, text, size - 2) == 0));
	check_damaged(&a, sealed, data[0], (char)data[1]);
	arena_fini(&a);
	return 0;
}
