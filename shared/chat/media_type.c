/* SPDX-License-Identifier: MIT */
/* What kind of file it is. */
#include "chat/media_type.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define UNKNOWN "application/octet-stream"
#define LONGEST 127

static const struct {
	size_t offset;
	const char *bytes;
	size_t n;
	const char *type;
} magic[] = {
#define MAGIC(offset, bytes, type)                                             \
	{                                                                      \
		offset, bytes, sizeof(bytes) - 1, type                         \
	}
	MAGIC(0, "\x89PNG\r\n\x1A\n", "image/png"),
	MAGIC(0, "\xFF\xD8\xFF", "image/jpeg"),
	MAGIC(0, "GIF87a", "image/gif"),
	MAGIC(0, "GIF89a", "image/gif"),
	MAGIC(8, "WEBPVP8", "image/webp"),
	MAGIC(4, "ftypheic", "image/heic"),
	MAGIC(4, "ftypheix", "image/heic"),
	MAGIC(4, "ftyphevc", "image/heic"),
	MAGIC(4, "ftypmif1", "image/heif"),
	MAGIC(4, "ftypmsf1", "image/heif"),
#undef MAGIC
};

static const struct {
	const char *ending, *type;
} endings[] = {
	{ ".pdf", "application/pdf" },
	{ ".doc", "application/msword" },
	{ ".docx", "application/"
		   "vnd.openxmlformats-officedocument.wordprocessingml."
		   "document" },
	{ ".xls", "application/vnd.ms-excel" },
	{ ".xlsx", "application/"
		   "vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ ".ppt", "application/vnd.ms-powerpoint" },
	{ ".pptx", "application/"
		   "vnd.openxmlformats-officedocument.presentationml."
		   "presentation" },
	{ ".epub", "application/epub+zip" },
	{ ".mobi", "application/x-mobipocket-ebook" },
	{ ".txt", "text/plain" },
	{ ".log", "text/plain" },
	{ ".md", "text/markdown" },
	{ ".markdown", "text/markdown" },
	{ ".csv", "text/csv" },
	{ ".htm", "text/html" },
	{ ".html", "text/html" },
	{ ".css", "text/css" },
	{ ".xml", "application/xml" },
	{ ".json", "application/json" },
	{ ".jsonl", "application/jsonl" },
	{ ".yaml", "application/yaml" },
	{ ".yml", "application/yaml" },
	{ ".js", "text/javascript" },
	{ ".mp4", "video/mp4" },
	{ ".mpeg", "video/mpeg" },
	{ ".mpg", "video/mpeg" },
	{ ".mov", "video/quicktime" },
	{ ".avi", "video/x-msvideo" },
	{ ".flv", "video/x-flv" },
	{ ".webm", "video/webm" },
	{ ".wmv", "video/x-ms-wmv" },
	{ ".3gp", "video/3gpp" },
	{ ".svg", "image/svg+xml" },
	/* Images, which are known by their bytes, for the other way round. */
	{ ".png", "image/png" },
	{ ".jpg", "image/jpeg" },
	{ ".gif", "image/gif" },
	{ ".webp", "image/webp" },
	{ ".bmp", "image/bmp" },
	{ ".heic", "image/heic" },
	{ ".heif", "image/heif" },
};

bool media_type_is(const char *type, const char *other)
{
	size_t n = strlen(other);

	return strncasecmp(type, other, n) == 0 &&
	       strchr("; \t", type[n]) != NULL;
}

bool media_type_begins(const char *type, const char *start)
{
	return strncasecmp(type, start, strlen(start)) == 0;
}

bool media_type_is_text(const char *type)
{
	static const char *const others[] = {
		"application/json",	  "application/jsonl",
		"application/xml",	  "application/yaml",
		"application/x-yaml",	  "application/javascript",
		"application/typescript", "application/sql",
		"application/x-sh",	  "application/toml",
	};
	size_t n = strcspn(type, "; \t");

	if (media_type_begins(type, "text/") ||
	    (n > 4 && strncasecmp(type + n - 4, "+xml", 4) == 0) ||
	    (n > 5 && strncasecmp(type + n - 5, "+json", 5) == 0))
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (media_type_is(type, others[i]))
			return true;
	return false;
}

bool media_type_is_image(const char *type)
{
	static const char *const images[] = {
		"image/png", "image/jpeg", "image/gif",	 "image/webp",
		"image/bmp", "image/heic", "image/heif",
	};

	for (size_t i = 0; i < sizeof(images) / sizeof(*images); i++)
		if (media_type_is(type, images[i]))
			return true;
	return false;
}

/* Two letters are not much: its reserved bytes must be zero, too. */
static bool is_bmp(const char *p, size_t n)
{
	return n >= 18 && memcmp(p, "BM", 2) == 0 &&
	       memcmp(p + 6, "\0\0\0\0", 4) == 0;
}

static const char *type_of_bytes(const char *p, size_t n)
{
	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++)
		if (n >= magic[i].offset + magic[i].n &&
		    memcmp(p + magic[i].offset, magic[i].bytes, magic[i].n) ==
			    0)
			return magic[i].type;
	return is_bmp(p, n) ? "image/bmp" : NULL;
}

static const char *type_of_name(const char *name)
{
	const char *dot = name == NULL ? NULL : strrchr(name, '.');

	for (size_t i = 0;
	     dot != NULL && i < sizeof(endings) / sizeof(*endings); i++)
		if (strcasecmp(dot, endings[i].ending) == 0)
			return endings[i].type;
	return NULL;
}

const char *media_type_ending(const char *type)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (media_type_is(type, endings[i].type))
			return endings[i].ending;
	return "";
}

/* "type/subtype" and perhaps parameters, fit for a header. */
static bool is_type(const char *s)
{
	const char *slash = strchr(s, '/');

	if (slash == NULL || slash == s || slash[1] == '\0' ||
	    strlen(s) > LONGEST)
		return false;
	for (const char *p = s; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return true;
}

static const char *type_of_look(const char *p, size_t n)
{
	if (n >= 5 && memcmp(p, "%PDF-", 5) == 0)
		return "application/pdf";
	if (n > 0 && utf8_valid(p, utf8_whole(p, n)) &&
	    memchr(p, '\0', n) == NULL)
		return "text/plain";
	return UNKNOWN;
}

const char *media_type_of(const void *head, size_t n, const char *declared,
			  const char *name, struct arena *a)
{
	const char *type = type_of_bytes(head, n);

	if (type != NULL)
		return type;
	if (declared != NULL && is_type(declared) &&
	    !media_type_is(declared, UNKNOWN))
		return arena_copy(a, declared);
	type = type_of_name(name);
	return type != NULL ? type : type_of_look(head, n);
}
