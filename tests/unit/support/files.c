/* SPDX-License-Identifier: MIT */
/* Files and folders that tests make and read. */
#include "tests/unit/support/files.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"

static int remove_entry(const char *path, const struct stat *status, int flag,
			struct FTW *walk)
{
	(void)status;
	(void)flag;
	(void)walk;
	return remove(path);
}

static void remove_folder(void *path)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *files_folder(struct arena *a)
{
	const char *root = getenv("TMPDIR");
	char *path = arena_printf(a, "%s/kimi-unit-XXXXXX",
				  root == NULL ? P_tmpdir : root);

	assert_non_null(mkdtemp(path));
	arena_own(a, path, remove_folder);
	return path;
}

void files_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

char *files_read(struct arena *a, const char *path, size_t *n)
{
	FILE *file = fopen(path, "re");
	char *text;
	long size;

	if (file == NULL)
		fail_msg("cannot read %s", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	text = arena_alloc(a, (size_t)size + 1);
	*n = fread(text, 1, (size_t)size, file);
	assert_int_equal(*n, size);
	fclose(file);
	return text;
}
