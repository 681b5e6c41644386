/* SPDX-License-Identifier: MIT */
/* Images and videos in requests: which are taken, and what they hold. */
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "platform_file.h"
#include "platform_media.h"

#define FILE_URL "ms://"

/* Where a part has its bytes: a data URL or base64, or the URL of a file. */
struct source {
	const char *kind;
	const char *type; /* of the media, not terminated; NULL: no data */
	size_t type_length;
	const char *data; /* base64 */
	const char *url;  /* NULL: none */
};

void media_digest(struct media *media, const void *bytes, size_t n)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, n, bytes);
	sha256_digest(&sha, sizeof(digest), digest);
	media->size = n;
	for (size_t i = 0; i < 4; i++)
		(void)snprintf(media->hash + 2 * i, 3, "%02x", digest[i]);
}

void media_describe(struct text *t, const struct media *media)
{
	text_printf(t, "%s %zu bytes sha256 %s", media->type, media->size,
		    media->hash);
}

/* A URL, of data or of a file. */
static void source_url(struct source *source, const char *url)
{
	const char *end = strstr(url, ";base64,");

	source->url = url;
	if (strncasecmp(url, "data:", 5) != 0 || !end)
		return;
	source->type = url + 5;
	source->type_length = (size_t)(end - source->type);
	source->data = end + 8;
}

static bool source_of(const cJSON *part, struct source *source)
{
	const char *type = platform_word(part, "type");
	const cJSON *inner = platform_member(
		part, strcmp(type, "image") == 0 ? "source" : type);

	*source = (struct source){ .kind = "image" };
	if (strcmp(type, "video_url") == 0)
		source->kind = "video";
	else if (strcmp(type, "image_url") != 0 && strcmp(type, "image") != 0)
		return false;
	if (cJSON_IsString(inner)) {
		source_url(source, inner->valuestring);
	} else if (!strcmp(platform_word(inner, "type"), "base64")) {
		source->type = platform_word(inner, "media_type");
		source->type_length = strlen(source->type);
		source->data = platform_word(inner, "data");
	} else {
		source_url(source, platform_word(inner, "url"));
	}
	return true;
}

bool media_is(const cJSON *part)
{
	struct source source;

	return source_of(part, &source);
}

size_t media_bytes(const cJSON *part)
{
	struct source source;

	return source_of(part, &source) && source.data ? strlen(source.data) :
							 0;
}

static bool type_is_known(const char *kind, const char *type)
{
	static const char *const images[] = { "jpeg", "jpg",  "png",
					      "gif",  "webp", "bmp",
					      "heic", "heif", NULL };
	static const char *const videos[] = {
		"mp4",	     "mpeg",	  "mov",      "avi", "x-flv",
		"flv",	     "mpg",	  "webm",     "wmv", "3gpp",
		"quicktime", "x-msvideo", "x-ms-wmv", NULL
	};
	const char *const *word = *kind == 'i' ? images : videos;

	if (strncmp(type, kind, 5) != 0 || type[5] != '/')
		return false;
	while (*word && strcasecmp(*word, type + 6) != 0)
		word++;
	return *word;
}

static bool data_read(const char *data, struct media *media, struct refusal *no)
{
	size_t n = strlen(data), size = 0;
	uint8_t *bytes = memory_new(BASE64_DECODE_LENGTH(n) + 1);
	struct base64_decode_ctx decoder;
	bool good;

	base64_decode_init(&decoder);
	good = base64_decode_update(&decoder, &size, bytes, n, data) &&
	       base64_decode_final(&decoder) && size > 0;
	if (good)
		media_digest(media, bytes, size);
	free(bytes);
	return good || refuse(no, "Invalid request: invalid base64 data of %s",
			      media->kind);
}

bool media_read(const struct ask *ask, const cJSON *part, struct media *media,
		struct refusal *no)
{
	struct source source;

	*media = (struct media){ 0 };
	if (!source_of(part, &source))
		return refuse(no, "Invalid request: unsupported content type");
	(void)snprintf(media->kind, sizeof(media->kind), "%s", source.kind);
	if (!source.data && strncmp(source.url, FILE_URL, 5) != 0)
		return refuse(no, "Invalid request: unsupported %s url: %.200s",
			      source.kind, source.url);
	if (!source.data)
		return platform_file_media(ask, source.url + strlen(FILE_URL),
					   source.kind, media) ||
		       refuse(no, "Invalid request: file %.60s not found",
			      source.url);
	(void)snprintf(media->type, sizeof(media->type), "%.*s",
		       (int)source.type_length, source.type);
	if (!type_is_known(source.kind, media->type))
		return refuse(no, "Invalid request: unsupported %s format: %s",
			      source.kind, media->type);
	return data_read(source.data, media, no);
}

void media_each(const cJSON *messages,
		void (*visit)(void *context, const cJSON *part), void *context)
{
	const cJSON *message, *part, *inner;

	cJSON_ArrayForEach(message, messages) {
		const cJSON *parts = platform_member(message, "content");

		cJSON_ArrayForEach(part, parts) {
			const cJSON *result = platform_member(part, "content");

			if (media_is(part))
				visit(context, part);
			cJSON_ArrayForEach(inner, result)
				if (media_is(inner))
					visit(context, inner);
		}
	}
}
