/* SPDX-License-Identifier: MIT */
/* Finds what Kimi, or a proxy in front of it, says about a failure. */
#include "upstream/error_body.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

#define MAX_DEPTH 5
#define LONGEST_TEXT 300
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

struct reading {
	struct arena *arena;
	struct error_body said;
};

static void set_once(const char **to, const char *text)
{
	if (*to == NULL && text != NULL && *text != '\0')
		*to = text;
}

static void take_status(struct reading *r, long status)
{
	if (r->said.status == 0 && status >= 400 && status <= 599)
		r->said.status = status;
}

/* 429, "429" or "429 Too Many Requests". */
static long status_of(const cJSON *v)
{
	if (cJSON_IsNumber(v))
		return v->valueint;
	return cJSON_IsString(v) ? strtol(v->valuestring, NULL, 10) : 0;
}

/* NOLINTBEGIN(misc-no-recursion): at most MAX_DEPTH deep */

static void take(struct reading *r, const cJSON *v, int depth);

/* Gateways put the error that they got into the message of theirs. */
static bool take_nested(struct reading *r, const char *text, int depth)
{
	struct error ignored;
	const cJSON *tree =
		*text != '{' && *text != '[' ?
			NULL :
			json_parse(r->arena, text, strlen(text), &ignored);

	if (tree != NULL)
		take(r, tree, depth + 1);
	return r->said.message != NULL;
}

static void take_message(struct reading *r, const cJSON *v, int depth)
{
	const char *text = cJSON_GetStringValue(v);

	if (text != NULL && !take_nested(r, text, depth))
		set_once(&r->said.message, text);
}

/* An error that is a text is a code if there is a message beside it. */
static void take_error(struct reading *r, const cJSON *v, bool explained,
		       int depth)
{
	if (cJSON_IsString(v) && explained)
		set_once(&r->said.code, v->valuestring);
	else
		take(r, v, depth + 1);
}

/* What is within says more than what is around it. */
static void take_object(struct reading *r, const cJSON *v, int depth)
{
	static const char *const messages[] = {
		"message",	     "msg", "error_message", "error_msg",
		"error_description",
	};
	static const char *const inner[] = { "error", "errors", "detail" };
	static const char *const statuses[] = { "code", "status", "status_code",
						"statusCode" };
	const cJSON *message = NULL;
	const char *type = json_text(v, "type"), *code = json_text(v, "code");

	for (size_t i = 0; i < COUNT(messages) && !cJSON_IsString(message); i++)
		message = json_at(v, messages[i]);
	for (size_t i = 0; i < COUNT(inner); i++)
		take_error(r, json_at(v, inner[i]), cJSON_IsString(message),
			   depth);
	take_message(r, message, depth);
	set_once(&r->said.message, json_text(v, "title"));
	if (type != NULL && strcmp(type, "error") != 0)
		set_once(&r->said.type, type);
	set_once(&r->said.code, code);
	for (size_t i = 0; i < COUNT(statuses); i++)
		take_status(r, status_of(json_at(v, statuses[i])));
}

static void take(struct reading *r, const cJSON *v, int depth)
{
	if (v == NULL || depth > MAX_DEPTH)
		return;
	if (cJSON_IsString(v))
		take_message(r, v, depth);
	else if (cJSON_IsArray(v))
		take(r, json_at(v, "0"), depth + 1);
	else if (cJSON_IsObject(v))
		take_object(r, v, depth);
}

/* NOLINTEND(misc-no-recursion) */

struct error_body error_body_of(struct arena *a, const cJSON *tree)
{
	struct reading r = { .arena = a };

	take(&r, tree, 0);
	return r.said;
}

/* --- What is not JSON --- */

/* One line of at most LONGEST_TEXT bytes, blanks in place of white space;
 * NULL: nothing is left. */
static const char *one_line(struct arena *a, const char *p, size_t n)
{
	char *text, *to;

	p = text_trim(p, &n);
	if (n > LONGEST_TEXT)
		n = utf8_whole(p, LONGEST_TEXT);
	to = text = arena_copy_n(a, p, n);
	for (const char *from = text; *from != '\0'; from++)
		if (!text_is_space(*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
	utf8_repair(text);
	return *text == '\0' ? NULL : text;
}

/* The text of the first element of that name; NULL: there is none. */
static const char *element(struct arena *a, const char *page, const char *name)
{
	size_t n = strlen(name);
	const char *p = page, *end;

	while ((p = strcasestr(p, name)) != NULL &&
	       (p == page || p[-1] != '<' || (p[n] != '>' && p[n] != ' ')))
		p += n;
	if (p == NULL || (p = strchr(p, '>')) == NULL ||
	    (end = strchr(p, '<')) == NULL)
		return NULL;
	return one_line(a, p + 1, (size_t)(end - p - 1));
}

static const char *words_of(struct arena *a, const char *p, size_t n)
{
	const char *text = arena_copy_n(a, p, n), *found;

	if (*text != '<')
		return one_line(a, p, n);
	found = element(a, text, "title");
	if (found == NULL)
		found = element(a, text, "h1");
	return found != NULL ? found : element(a, text, "message");
}

struct error_body error_body_read(struct arena *a, const char *p, size_t n)
{
	struct reading r = { .arena = a };
	struct error ignored;
	const cJSON *tree;

	p = text_trim(p, &n);
	tree = json_parse(a, p, n, &ignored);
	take(&r, tree, 0);
	if (r.said.message == NULL && n > 0 && !cJSON_IsObject(tree) &&
	    !cJSON_IsArray(tree) && *p != '{' && *p != '[')
		r.said.message = words_of(a, p, n);
	/* "503 Service Unavailable", whatever the status line says. */
	if (r.said.message != NULL && tree == NULL)
		take_status(&r, strtol(r.said.message, NULL, 10));
	return r.said;
}

static bool is_word(const cJSON *tree, const char *path, const char *word)
{
	const char *text = json_text(tree, path);

	return text != NULL && strcmp(text, word) == 0;
}

/* Some services fill in the member although nothing failed. */
bool error_body_says(const cJSON *error)
{
	if (cJSON_IsObject(error) || cJSON_IsArray(error))
		return error->child != NULL;
	if (cJSON_IsNumber(error))
		return error->valuedouble != 0;
	if (cJSON_IsString(error))
		return *error->valuestring != '\0';
	return cJSON_IsTrue(error);
}

bool error_body_has_error(const cJSON *tree)
{
	return is_word(tree, "type", "error") ||
	       is_word(tree, "object", "error") ||
	       error_body_says(json_at(tree, "error"));
}

bool error_body_is_error(const cJSON *tree)
{
	return error_body_has_error(tree) ||
	       (json_at(tree, "choices") == NULL &&
		json_text(tree, "type") == NULL &&
		(json_text(tree, "message") != NULL ||
		 json_text(tree, "msg") != NULL ||
		 json_at(tree, "detail") != NULL));
}
