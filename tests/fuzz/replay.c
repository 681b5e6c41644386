/* SPDX-License-Identifier: MIT */
/*
 * Instead of libFuzzer: runs a target on each file of its corpus, or on the
 * files given, and prints TAP. An input that breaks a rule ends the program.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS "tests/fuzz/corpus"
#define LONGEST_PATH 512

#pragma weak LLVMFuzzerInitialize

/* The bytes in a block of exactly their size, so that a sanitizer sees a read
 * past the end. NULL if the file cannot be read. */
static uint8_t *read_input(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	uint8_t *data = NULL;
	long end;

	if (file == NULL)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0) {
		*size = (size_t)end;
		data = malloc(*size == 0 ? 1 : *size);
		rewind(file);
		if (data != NULL && fread(data, 1, *size, file) != *size) {
			free(data);
			data = NULL;
		}
	}
	fclose(file);
	return data;
}

static bool replay(int number, const char *path)
{
	size_t size = 0;
	uint8_t *data = read_input(path, &size);

	/* Named first: the input may crash the program. */
	fprintf(stderr, "%s\n", path);
	if (data == NULL) {
		printf("not ok %d - %s\n# %s\n", number, path, strerror(errno));
		return false;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	printf("ok %d - %s\n", number, path);
	fflush(stdout);
	return true;
}

static bool replay_all(int n, char *const *paths)
{
	bool ok = true;

	printf("1..%d\n", n);
	for (int i = 0; i < n; i++)
		ok &= replay(i + 1, paths[i]);
	return ok;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The corpus is named like the program. */
static bool replay_corpus(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash == NULL ? program : slash + 1;
	char folder[LONGEST_PATH], path[LONGEST_PATH * 2];
	struct dirent **list;
	bool ok = true;
	int n;

	snprintf(folder, sizeof(folder), CORPUS "/%s", name);
	n = scandir(folder, &list, is_input, alphasort);
	if (n <= 0) {
		printf("Bail out! There are no files in %s.\n", folder);
		return false;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
		ok &= replay(i + 1, path);
		free(list[i]);
	}
	free(list);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok;

	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	ok = argc > 1 ? replay_all(argc - 1, argv + 1) : replay_corpus(argv[0]);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
