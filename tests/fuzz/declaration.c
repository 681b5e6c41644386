/* SPDX-License-Identifier: MIT */
/*
 * Any JSON as a tool's parameters: its types are complete, or there are none.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "tokens/declaration.h"

#define LIMIT (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chat_tool tool = { .name = "f", .description = "d" };
	const struct chat_request request = { .tools = &tool, .n_tools = 1 };
	const cJSON *tree;
	struct arena a;
	struct error e;
	struct buf out;

	arena_init(&a);
	buf_init(&out, LIMIT);
	tree = json_parse(&a, (const char *)data, size, &e);
	if (cJSON_IsObject(tree)) {
		tool.parameters = json_print(&a, tree);
		if (declaration_types(&out, &request, &a))
			assert(memcmp(out.p + out.len - 3, "\n}\n", 3) == 0);
		buf_clear(&out);
		if (declaration_json(&out, &request))
			assert(json_parse(&a, out.p, out.len, &e) != NULL);
	}
	buf_fini(&out);
	arena_fini(&a);
	return 0;
}
