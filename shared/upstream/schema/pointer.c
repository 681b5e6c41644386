/* SPDX-License-Identifier: MIT */
/* Finds what a reference leads to. */
#include "upstream/schema/pointer_internal.h"

#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *found = c == '\0' ? NULL : strchr(digits, c);

	return found == NULL ? -1 : (int)((found - digits) % 16);
}

/* One step of a pointer: %XX is a byte, ~1 a slash, ~0 a tilde. */
static const char *unescape(struct schema_work *w, const char *p, size_t n)
{
	char *out = arena_alloc(w->arena, n + 1);
	size_t length = 0;

	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '%' && i + 2 < n && digit(p[i + 1]) >= 0 &&
		    digit(p[i + 2]) >= 0) {
			c = (char)(digit(p[i + 1]) * 16 + digit(p[i + 2]));
			i += 2;
		}
		if (c == '~' && i + 1 < n &&
		    (p[i + 1] == '0' || p[i + 1] == '1'))
			c = p[++i] == '0' ? '~' : '/';
		out[length++] = c;
	}
	return out;
}

/* Steps are counted: names times references may be a large number. */
static cJSON *member(struct schema_work *w, const cJSON *object,
		     const char *name)
{
	cJSON *found = NULL;

	for (cJSON *v = object->child; v != NULL && w->steps > 0; v = v->next) {
		w->steps--;
		if (strcmp(v->string, name) == 0)
			found = v; /* the last of that name counts */
	}
	return found;
}

static cJSON *element(struct schema_work *w, const cJSON *list,
		      const char *step)
{
	long i = strtol(step, NULL, 10);
	cJSON *v = list->child;

	for (; v != NULL && i > 0 && w->steps > 0; v = v->next) {
		w->steps--;
		i--;
	}
	return i == 0 ? v : NULL;
}

/* `definitions` was renamed to $defs; some references were not. */
static cJSON *member_or_other_name(struct schema_work *w, const cJSON *object,
				   const char *name)
{
	cJSON *found = member(w, object, name);

	if (found == NULL && strcmp(name, "definitions") == 0)
		return member(w, object, "$defs");
	if (found == NULL && strcmp(name, "$defs") == 0)
		return member(w, object, "definitions");
	return found;
}

static cJSON *walk(struct schema_work *w, cJSON *from, const char *pointer)
{
	while (from != NULL && *pointer == '/') {
		size_t n = strcspn(++pointer, "/");
		const char *step = unescape(w, pointer, n);

		pointer += n;
		if (cJSON_IsObject(from))
			from = member_or_other_name(w, from, step);
		else if (cJSON_IsArray(from) && digit(*step) >= 0)
			from = element(w, from, step);
		else
			return NULL;
	}
	return *pointer == '\0' ? from : NULL;
}

static bool is_named(const cJSON *schema, const char *name, size_t n)
{
	static const char *const keys[] = { "$id", "id", "$anchor",
					    "$dynamicAnchor" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *id =
			cJSON_GetStringValue(schema_member(schema, keys[i]));

		if (id == NULL)
			continue;
		id += *id == '#'; /* draft 6: $id is the anchor */
		if (strlen(id) == n && strncmp(id, name, n) == 0)
			return true;
	}
	return false;
}

/* The schema with that $id or $anchor, anywhere. */
static cJSON *find_named(struct schema_work *w, cJSON *from, const char *name,
			 size_t n)
{
	cJSON *found = NULL;

	if (n == 0 || w->steps == 0)
		return NULL;
	w->steps--;
	if (cJSON_IsObject(from) && is_named(from, name, n))
		return from;
	for (cJSON *v = from->child; v != NULL && found == NULL; v = v->next)
		if (v->child != NULL)
			found = find_named(w, v, name, n);
	return found;
}

cJSON *schema_pointer_find(struct schema_work *w, const struct schema_place *at,
			   const char *ref)
{
	size_t n = strcspn(ref, "#");
	const char *fragment = ref[n] == '#' ? ref + n + 1 : "";
	cJSON *from = n == 0 ? w->root : find_named(w, w->root, ref, n);
	cJSON *found;

	if (from == NULL)
		return NULL;
	if (*fragment != '\0' && *fragment != '/')
		return find_named(w, from, fragment, strlen(fragment));
	found = walk(w, from, fragment);
	for (; found == NULL && n == 0 && at != NULL; at = at->above)
		found = walk(w, at->schema, fragment);
	return found;
}
