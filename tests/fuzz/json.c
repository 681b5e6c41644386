/* SPDX-License-Identifier: MIT */
/* Any JSON: what is read is valid, and reads the same after printing. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct error e = { .kind = ERROR_KINDS };
	const cJSON *tree, *again;
	const char *printed;
	struct arena a;

	arena_init(&a);
	tree = json_parse(&a, text, size, &e);
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
