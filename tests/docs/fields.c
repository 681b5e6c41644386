/* SPDX-License-Identifier: MIT */
/* Prints the tables of fields that the decoders use, as Markdown. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/endpoints.h"

/* Fields that share a verdict and a note share a row. */
static bool together(const struct field *a, const struct field *b)
{
	if (a->support != b->support || (a->note == NULL) != (b->note == NULL))
		return false;
	return a->note == NULL || strcmp(a->note, b->note) == 0;
}

static bool has_row(const struct field *fields, const struct field *f)
{
	for (const struct field *before = fields; before < f; before++)
		if (together(before, f))
			return true;
	return false;
}

static void print_end(const char *note)
{
	printf(" |%s%s |\n", note == NULL ? "" : " ", note == NULL ? "" : note);
}

static void print_row(const struct field *first)
{
	printf("| %s | `%s`", field_support_name(first->support), first->name);
	for (const struct field *f = first + 1; f->name != NULL; f++)
		if (together(first, f))
			printf(", `%s`", f->name);
	print_end(first->note);
}

/* Those that need no note come first. */
static void print_support(const struct field *fields,
			  enum field_support support)
{
	for (int noted = 0; noted < 2; noted++)
		for (const struct field *f = fields; f->name != NULL; f++)
			if (f->support == support &&
			    (f->note != NULL) == noted && !has_row(fields, f))
				print_row(f);
}

int main(void)
{
	for (const struct endpoint *p = endpoints; p->path != NULL; p++) {
		printf("| | `%s %s`", p->method, p->path);
		print_end(p->note);
		puts("|---|---|---|");
		for (int v = FIELD_MAPPED; v <= FIELD_REFUSED; v++)
			print_support(p->fields, (enum field_support)v);
		puts("");
	}
	return 0;
}
