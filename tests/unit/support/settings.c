/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/settings.h"

#include "base/config_load.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/test.h"

bool settings_load(struct arena *a, const char *text, struct config *c,
		   struct error *e)
{
	const char *path = NULL;

	if (text != NULL) {
		path = arena_printf(a, "%s/kimi.conf", files_folder(a));
		files_write(path, text);
	}
	return config_load(c, a, path, e);
}

struct config settings_loaded(struct arena *a, const char *text)
{
	struct config c;
	struct error e = { 0 };

	if (!settings_load(a, text, &c, &e))
		fail_msg("%s", e.message);
	return c;
}

void settings_assert_list(struct config_list list, const char *wanted)
{
	struct buf b;

	buf_init(&b, 1000);
	for (size_t i = 0; i < list.n; i++)
		buf_printf(&b, "<%s>", list.items[i]);
	assert_string_equal(buf_text(&b), wanted);
	buf_fini(&b);
}

int settings_clean(void **state)
{
	(void)state;
	site_clean_environment();
	return 0;
}
