/* SPDX-License-Identifier: MIT */
/* Forms with files, as RFC 7578 has them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <string.h>
#include <strings.h>

#include "multipart.h"

#define BOUNDARY_MAX 70 /* RFC 2046 */

/* "\r\n--" and the boundary of a content type; false if it is no form's. */
static bool delimiter_read(char *delimiter, const char *type)
{
	static const char form[] = "multipart/form-data";
	const char *boundary;
	size_t n;

	if (!type || strncasecmp(type, form, sizeof(form) - 1) != 0)
		return false;
	boundary = strcasestr(type, "boundary=");
	if (!boundary)
		return false;
	boundary += strlen("boundary=");
	n = strcspn(boundary, "; ");
	if (*boundary == '"')
		n = strcspn(++boundary, "\"");
	if (n == 0 || n > BOUNDARY_MAX)
		return false;
	memcpy(delimiter, "\r\n--", 4);
	memcpy(delimiter + 4, boundary, n);
	delimiter[4 + n] = '\0';
	return true;
}

/* A parameter name="value" of a header line, with \" and %22 undone. */
static void parameter_read(char *value, size_t room, const char *line, size_t n,
			   const char *name)
{
	const char *start = memmem(line, n, name, strlen(name));
	size_t i, length = 0;

	value[0] = '\0';
	if (!start)
		return;
	i = (size_t)(start - line) + strlen(name);
	for (; i < n && line[i] != '"' && length + 1 < room; i++) {
		char c = line[i];

		if (n - i > 2 && memcmp(line + i, "%22", 3) == 0) {
			c = '"';
			i += 2;
		} else if (c == '\\' && n - i > 1) {
			c = line[++i];
		}
		value[length++] = c;
	}
	value[length] = '\0';
}

static void header_read(struct form_part *part, const char *line, size_t n)
{
	static const char disposition[] = "content-disposition:";
	static const char type[] = "content-type:";

	if (n >= sizeof(disposition) &&
	    strncasecmp(line, disposition, sizeof(disposition) - 1) == 0) {
		parameter_read(part->name, sizeof(part->name), line, n,
			       " name=\"");
		parameter_read(part->file, sizeof(part->file), line, n,
			       " filename=\"");
	} else if (n >= sizeof(type) &&
		   strncasecmp(line, type, sizeof(type) - 1) == 0) {
		line += sizeof(type) - 1;
		n -= sizeof(type) - 1;
		for (; n && *line == ' '; n--)
			line++;
		if (n >= sizeof(part->type))
			n = sizeof(part->type) - 1;
		memcpy(part->type, line, n);
		part->type[n] = '\0';
	}
}

/* Reads the part that starts at `at`; NULL unless it ends before `end`, else
 * where its delimiter ends. */
static const char *part_read(struct form_part *part, const char *at,
			     const char *end, const char *delimiter)
{
	const char *line;

	*part = (struct form_part){ 0 };
	for (;;) {
		line = memmem(at, (size_t)(end - at), "\r\n", 2);
		if (!line)
			return NULL;
		if (line == at)
			break;
		header_read(part, at, (size_t)(line - at));
		at = line + 2;
	}
	part->bytes = at + 2;
	/* In an empty part, the end of the head begins the delimiter. */
	at = memmem(line, (size_t)(end - line), delimiter, strlen(delimiter));
	if (!at)
		return NULL;
	part->length = at < part->bytes ? 0 : (size_t)(at - part->bytes);
	return at + strlen(delimiter);
}

bool multipart_find(const struct text *body, const char *type, const char *name,
		    struct form_part *part)
{
	char delimiter[BOUNDARY_MAX + 5];
	const char *at = body->at, *end = at + body->length;
	struct form_part read;
	bool found = false;

	if (!body->length || !delimiter_read(delimiter, type))
		return false;
	if (body->length < strlen(delimiter) ||
	    strncmp(at, delimiter + 2, strlen(delimiter + 2)) != 0)
		return false;
	for (at += strlen(delimiter + 2); end - at >= 2;) {
		if (memcmp(at, "--", 2) == 0)
			return found;
		if (memcmp(at, "\r\n", 2) != 0)
			return false;
		at = part_read(&read, at + 2, end, delimiter);
		if (!at)
			return false;
		if (!found && strcmp(read.name, name) == 0) {
			*part = read;
			found = true;
		}
	}
	return false;
}
