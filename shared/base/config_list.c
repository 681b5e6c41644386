/* SPDX-License-Identifier: MIT */
/* Lists in the values of settings. */
#include "base/config_list.h"

#include <string.h>

#include "base/text.h"

struct config_list config_list_parse(struct arena *a, const char *text,
				     char separator)
{
	const char separators[] = { separator, '\0' };
	const char **items;
	size_t room = 1, n = 0;

	if (text == NULL)
		return (struct config_list){ 0 };
	for (const char *p = text; *p != '\0'; p++)
		room += *p == separator;
	items = arena_array(a, room, sizeof(*items));
	for (const char *p = text; *p != '\0';) {
		size_t length = strcspn(p, separators);
		char *item = text_trim_in_place(arena_copy_n(a, p, length));

		if (*item != '\0')
			items[n++] = item;
		p += length + (p[length] == separator);
	}
	return (struct config_list){ items, n };
}

const char *config_list_join(struct arena *a, const struct config_list *list,
			     const char *between)
{
	const char *text = "";

	if (list->items == NULL)
		return NULL;
	for (size_t i = 0; i < list->n; i++)
		text = arena_printf(a, "%s%s%s", text, i == 0 ? "" : between,
				    list->items[i]);
	return text;
}
