/* SPDX-License-Identifier: MIT */
/* Uploaded files of both web services: what they are, not their bytes. */
#include <nettle/sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fake.h"
#include "files.h"
#include "scene.h"

struct kept_file {
	struct kept_file *next;
	char *owner;
	char *fate; /* the scene's `parse`, or NULL */
	struct file file;
};

static void random_name(char *name, size_t room, const char *start)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	unsigned char bytes[20];
	size_t n = strlen(start);

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	memcpy(name, start, n);
	for (size_t i = 0; i < sizeof(bytes) && n + 1 < room; i++)
		name[n++] = digits[bytes[i] % 36];
	name[n] = '\0';
}

void file_add(struct fake *fake, const char *owner, struct file *file)
{
	struct kept_file *kept = memory_new(sizeof(*kept));

	random_name(file->id, sizeof(file->id), "f");
	random_name(file->object, sizeof(file->object), "object");
	kept->owner = memory_copy(owner);
	kept->file = *file;
	pthread_mutex_lock(&fake->lock);
	kept->next = fake->web_files;
	fake->web_files = kept;
	pthread_mutex_unlock(&fake->lock);
}

static void digest_of(char digest[9], const char *bytes, size_t n)
{
	uint8_t hash[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;

	sha256_init(&sha);
	if (n)
		sha256_update(&sha, n, (const uint8_t *)bytes);
	sha256_digest(&sha, sizeof(hash), hash);
	(void)snprintf(digest, 9, "%02x%02x%02x%02x", hash[0], hash[1], hash[2],
		       hash[3]);
}

bool file_arrive(struct fake *fake, const char *object, const char *type,
		 const char *bytes, size_t n)
{
	struct kept_file *kept;
	char digest[9];

	digest_of(digest, bytes, n);
	pthread_mutex_lock(&fake->lock);
	kept = fake->web_files;
	while (kept && strcmp(kept->file.object, object) != 0)
		kept = kept->next;
	if (kept) {
		struct file *file = &kept->file;

		(void)snprintf(file->type, sizeof(file->type), "%s",
			       type ? type : "application/octet-stream");
		memcpy(file->digest, digest, sizeof(digest));
		file->size = n;
		file->state = FILE_ARRIVED;
	}
	pthread_mutex_unlock(&fake->lock);
	return kept != NULL;
}

/* Under the lock; by its id or object. */
static struct kept_file *kept_find(const struct fake *fake, const char *owner,
				   const char *name)
{
	struct kept_file *kept = fake->web_files;

	while (kept && (strcmp(kept->owner, owner) != 0 ||
			(strcmp(kept->file.id, name) != 0 &&
			 strcmp(kept->file.object, name) != 0)))
		kept = kept->next;
	return kept;
}

bool file_find(struct fake *fake, const char *owner, const char *name,
	       struct file *file)
{
	const struct kept_file *kept;

	pthread_mutex_lock(&fake->lock);
	kept = kept_find(fake, owner, name);
	if (kept)
		*file = kept->file;
	pthread_mutex_unlock(&fake->lock);
	return kept != NULL;
}

/* Under the lock. */
static void fate_set(struct kept_file *kept, const struct scene *scene)
{
	if (!scene->parse)
		return;
	free(kept->fate);
	kept->fate = memory_copy(scene->parse);
}

void file_fate(struct fake *fake, const char *id, const struct scene *scene)
{
	struct kept_file *kept;

	pthread_mutex_lock(&fake->lock);
	kept = fake->web_files;
	while (kept && strcmp(kept->file.id, id) != 0)
		kept = kept->next;
	if (kept)
		fate_set(kept, scene);
	pthread_mutex_unlock(&fake->lock);
}

static enum file_state state_next(const struct kept_file *kept)
{
	if (kept->file.state == FILE_ARRIVED)
		return FILE_PARSING;
	if (kept->file.state != FILE_PARSING)
		return kept->file.state;
	if (kept->fate)
		return strcmp(kept->fate, "failed") == 0 ? FILE_FAILED :
							   FILE_PARSING;
	return FILE_READY;
}

bool file_parse(struct fake *fake, const char *owner, const char *name,
		const struct scene *scene, struct file *file)
{
	struct kept_file *kept;

	pthread_mutex_lock(&fake->lock);
	kept = kept_find(fake, owner, name);
	if (kept) {
		fate_set(kept, scene);
		kept->file.state = state_next(kept);
		*file = kept->file;
	}
	pthread_mutex_unlock(&fake->lock);
	return kept != NULL;
}

bool file_tell(struct fake *fake, const char *owner, const char *id,
	       struct text *text)
{
	struct file file;

	if (!file_find(fake, owner, id, &file) || file.state != FILE_READY)
		return false;
	text_printf(text, " [file %s %s %zu bytes sha256 %s]", file.name,
		    file.type, file.size, file.digest);
	return true;
}

void files_clear(struct kept_file **files)
{
	while (*files) {
		struct kept_file *kept = *files;

		*files = kept->next;
		free(kept->owner);
		free(kept->fate);
		free(kept);
	}
}
