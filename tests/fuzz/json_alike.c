/* SPDX-License-Identifier: MIT */
/* Texts that follow each other, one a line: what is read as being like the one
 * before is what cJSON reads. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/json_alike.h"
#include "base/json_foreign.h"
#include "base/utf8.h"

static const char *const paths[] = { "text", "n", "a.0.delta.content", NULL };

/* The judge knows nothing of other texts. */
static cJSON *judge(const char *p, size_t n, struct error *e)
{
	struct arena a;
	cJSON *tree;
	const cJSON *mended;
	const char *text;

	if (utf8_valid(p, n))
		return json_read(p, n, e);
	arena_init(&a);
	mended = json_foreign_parse(&a, p, n, e);
	text = mended == NULL ? "" : json_print(&a, mended);
	tree = json_read(text, strlen(text), e);
	arena_fini(&a);
	return tree;
}

static void compare(const cJSON *tree, const cJSON *other)
{
	struct arena a;

	assert((tree == NULL) == (other == NULL));
	if (tree == NULL)
		return;
	arena_init(&a);
	assert(strcmp(json_print(&a, tree), json_print(&a, other)) == 0);
	for (const char *const *path = paths; *path != NULL; path++)
		assert(json_int(tree, *path, -1) == json_int(other, *path, -1));
	arena_fini(&a);
}

static void read_line(struct json_alike *r, const char *p, size_t n)
{
	struct error e = { .kind = ERROR_KINDS }, ignored;
	const cJSON *tree = json_alike_read(r, p, n, &e);
	cJSON *other = judge(p, n, &ignored);

	assert(tree != NULL || e.kind < ERROR_KINDS);
	compare(tree, other);
	cJSON_Delete(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	struct json_alike r;

	json_alike_init(&r, paths);
	while (p < end) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));

		if (line_end == NULL)
			line_end = end;
		read_line(&r, p, (size_t)(line_end - p));
		p = line_end + (line_end < end);
	}
	json_alike_fini(&r);
	return 0;
}
