/* SPDX-License-Identifier: MIT */
/*
 * A vocabulary as a memory map of its compiled file. Nothing in the map is
 * trusted: a damaged file may give a wrong count, never a crash.
 */
#include "tokens/vocabulary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tokens/vocabulary_image.h"

#define SETTING "KIMI_VOCABULARY"
#define MAX_SOURCE (64 * 1024 * 1024)

struct vocabulary {
	void *map;
	size_t size, text_size;
	const struct image_header *header;
	const struct image_slot *slots;
	const uint32_t *offsets;
	const char *text;
};

static struct image_source source_of(const struct stat *st)
{
	return (struct image_source){ .size = (uint64_t)st->st_size,
				      .seconds = st->st_mtim.tv_sec,
				      .nanoseconds = st->st_mtim.tv_nsec };
}

/* NULL unless the open file is a complete image of that source. */
static struct vocabulary *map_image(int fd, const struct image_source *source)
{
	struct vocabulary *v;
	struct stat st;
	void *map;

	if (fstat(fd, &st) != 0 ||
	    st.st_size < (off_t)sizeof(struct image_header))
		return NULL;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	if (!image_header_valid(map, (size_t)st.st_size) ||
	    memcmp(&((const struct image_header *)map)->source, source,
		   sizeof(*source)) != 0) {
		munmap(map, (size_t)st.st_size);
		return NULL;
	}
	v = malloc(sizeof(*v));
	if (v == NULL)
		abort();
	*v = (struct vocabulary){ .map = map,
				  .size = (size_t)st.st_size,
				  .header = map,
				  .slots = image_slots(map),
				  .offsets = image_offsets(map),
				  .text = image_text(map) };
	v->text_size = v->size - (size_t)(v->text - (const char *)map);
	return v;
}

static struct vocabulary *open_image(const char *compiled,
				     const struct image_source *source)
{
	int fd = open(compiled, O_RDONLY | O_CLOEXEC);
	struct vocabulary *v;

	if (fd < 0)
		return NULL;
	v = map_image(fd, source);
	close(fd);
	return v;
}

static bool unreadable(struct error *e, int why)
{
	return error_field(e, ERROR_SETUP, SETTING,
			   "The file named by KIMI_VOCABULARY cannot be "
			   "read: %s.",
			   strerror(why));
}

/* The contents of an open file; the caller frees them. */
static char *read_source(int fd, size_t n, struct error *e)
{
	char *text = malloc(n + 1);
	size_t have = 0;
	ssize_t got = 1;

	if (text == NULL)
		abort();
	while (have < n && got > 0) {
		got = read(fd, text + have, n - have);
		if (got > 0)
			have += (size_t)got;
	}
	if (have == n)
		return text;
	unreadable(e, got < 0 ? errno : EIO);
	free(text);
	return NULL;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return fdatasync(fd) == 0;
}

/* Puts the image at `compiled` by rename, so that nobody sees half of it. */
static struct vocabulary *install(const void *image, size_t size,
				  const char *compiled, struct error *e)
{
	const struct image_header *header = image;
	struct vocabulary *v = NULL;
	char *path;
	int fd;

	if (asprintf(&path, "%s.XXXXXX", compiled) < 0)
		abort();
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0 && write_all(fd, image, size) &&
	    rename(path, compiled) == 0)
		v = map_image(fd, &header->source);
	if (v == NULL) {
		error_field(e, ERROR_SETUP, SETTING,
			    "The compiled vocabulary cannot be written next "
			    "to the database: %s.",
			    strerror(errno));
		if (fd >= 0)
			unlink(path);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return v;
}

static struct vocabulary *compile(int fd, const struct stat *st,
				  const char *compiled, struct error *e)
{
	struct image_source source = source_of(st);
	struct vocabulary *v = NULL;
	char *text = read_source(fd, (size_t)st->st_size, e);
	void *image;
	size_t size;

	if (text == NULL)
		return NULL;
	image = image_build(text, (size_t)st->st_size, &source, &size, e);
	free(text);
	if (image == NULL)
		return NULL;
	v = install(image, size, compiled, e);
	free(image);
	return v;
}

/* Asked before the file is opened: opening a pipe would block. */
static bool check_source(const struct stat *st, struct error *e)
{
	if (S_ISREG(st->st_mode) && st->st_size <= MAX_SOURCE)
		return true;
	return error_field(e, ERROR_SETUP, SETTING,
			   "KIMI_VOCABULARY must name a regular file of at "
			   "most %d bytes.",
			   MAX_SOURCE);
}

bool vocabulary_open(struct vocabulary **v, const char *source,
		     const char *compiled, struct error *e)
{
	struct image_source wanted;
	struct stat st;
	int fd;

	if (stat(source, &st) != 0)
		return unreadable(e, errno);
	if (!check_source(&st, e))
		return false;
	wanted = source_of(&st);
	*v = open_image(compiled, &wanted);
	if (*v != NULL)
		return true;
	fd = open(source, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		unreadable(e, errno);
	else if (check_source(&st, e))
		*v = compile(fd, &st, compiled, e);
	if (fd >= 0)
		close(fd);
	return *v != NULL;
}

void vocabulary_close(struct vocabulary *v)
{
	if (v == NULL)
		return;
	munmap(v->map, v->size);
	free(v);
}

const char *vocabulary_token(const struct vocabulary *v, uint32_t rank,
			     size_t *n)
{
	uint32_t from, to;

	if (rank >= v->header->n_tokens)
		return NULL;
	from = v->offsets[rank];
	to = v->offsets[rank + 1];
	if (from > to || to > v->text_size)
		return NULL;
	*n = to - from;
	return v->text + from;
}

static bool is_token(const struct vocabulary *v, uint32_t rank, const char *p,
		     size_t n)
{
	size_t length;
	const char *token = vocabulary_token(v, rank, &length);

	return token != NULL && length == n && memcmp(token, p, n) == 0;
}

uint32_t vocabulary_find(const struct vocabulary *v, const char *p, size_t n)
{
	uint32_t mask = v->header->n_slots - 1;
	uint64_t hash;
	size_t i;

	if (n == 0 || n > v->header->longest)
		return VOCABULARY_NONE;
	hash = image_hash(p, n);
	i = hash & mask;
	/* A sound table is never full, so this ends; a damaged one may be. */
	for (uint32_t seen = 0; seen <= mask; seen++) {
		const struct image_slot *slot = &v->slots[i];

		if (slot->rank == VOCABULARY_NONE)
			return VOCABULARY_NONE;
		if (slot->tag == (uint32_t)(hash >> 32) &&
		    is_token(v, slot->rank, p, n))
			return slot->rank;
		i = (i + 1) & mask;
	}
	return VOCABULARY_NONE;
}
