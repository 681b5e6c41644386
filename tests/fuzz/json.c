/* SPDX-License-Identifier: MIT */
/* Any JSON: what is read is valid, reads the same after printing, and both
 * readers agree on it. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

/* `tree`: what json_parse made of the text. */
static void compare(struct arena *a, const cJSON *tree, const char *text,
		    size_t size)
{
	struct error e;
	cJSON *other = json_read(text, size, &e);

	assert((tree == NULL) == (other == NULL));
	if (tree != NULL)
		assert(strcmp(json_print(a, tree), json_print(a, other)) == 0);
	cJSON_Delete(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct error e = { .kind = ERROR_KINDS };
	const cJSON *tree, *again;
	const char *printed;
	struct arena a;

	arena_init(&a);
	tree = json_parse(&a, text, size, &e);
	compare(&a, tree, text, size);
	if (tree == NULL) {
		assert(e.kind < ERROR_KINDS && e.message[0] != '\0');
	} else {
		assert(utf8_valid(text, size));
		printed = json_print(&a, tree);
		again = json_parse(&a, printed, strlen(printed), &e);
		assert(again != NULL);
		assert(strcmp(json_print(&a, again), printed) == 0);
		assert(json_is_object(printed, strlen(printed)) ==
		       cJSON_IsObject(tree));
		if (json_is_object(text, size))
			assert(cJSON_IsObject(tree));
	}
	arena_fini(&a);
	return 0;
}
