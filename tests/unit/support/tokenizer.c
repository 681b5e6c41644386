/* SPDX-License-Identifier: MIT */
/* Vocabularies for tests: Kimi's, and small ones. */
#include "tests/unit/support/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>

#include "tests/unit/support/files.h"
#include "tests/unit/support/test.h"

static void close_tokens(void *tokens)
{
	tokenizer_close(tokens);
}

const char *tokenizer_source(void)
{
	const char *kimi = getenv("TEST_VOCABULARY");

	return kimi == NULL || *kimi == '\0' ? "tests/small.tiktoken" : kimi;
}

const char *tokenizer_kimi_source(void)
{
	const char *kimi = getenv("TEST_VOCABULARY");

	if (kimi == NULL || *kimi == '\0')
		skip();
	return kimi;
}

struct tokenizer *tokenizer_new(struct arena *a)
{
	struct error e = { 0 };
	struct tokenizer *t;

	if (!tokenizer_open(&t, tokenizer_source(),
			    arena_printf(a, "%s/vocabulary", files_folder(a)),
			    &e))
		fail_msg("%s", e.message);
	arena_own(a, t, close_tokens);
	return t;
}

static char *add_line(struct arena *a, char *text, const char *token, size_t n,
		      int rank)
{
	char *encoded = arena_alloc(a, BASE64_ENCODE_RAW_LENGTH(n) + 1);

	base64_encode_raw(encoded, n, (const uint8_t *)token);
	return arena_printf(a, "%s%s %d\n", text, encoded, rank);
}

char *tokenizer_small(struct arena *a, const char *const *more)
{
	char *text = arena_copy(a, "");
	int rank = 0;

	for (; rank < 256; rank++) {
		char byte = (char)rank;

		text = add_line(a, text, &byte, 1, rank);
	}
	for (; *more != NULL; more++, rank++)
		text = add_line(a, text, *more, strlen(*more), rank);
	return text;
}
