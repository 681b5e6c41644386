/* SPDX-License-Identifier: MIT */
/*
 * Prints what the code knows about itself: tables for the manual pages, in
 * mdoc(7), the settings of the sample configuration, and lists of names for the
 * checks.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/endpoint_fields.h"
#include "app/routes.h"
#include "base/config_help.h"
#include "dialect/dialect.h"
#include "http/response.h"
#include "tests/docs/commands.h"
#include "tests/docs/mdoc.h"

/* --- Settings ------------------------------------------------------------ */

/* Byte counts are easier to read in MiB, and lists with blanks. */
static void put_default(char *out, size_t size, const char *value)
{
	int64_t n = strtoll(value, NULL, 10), mib = n >> 20;
	const char *comma = strchr(value, ',');

	if (mib << 20 != n)
		mib = 0; /* it counts something else */
	if (mib >= 1024)
		snprintf(out, size, "%s, which is %" PRId64 " GiB", value,
			 mib >> 10);
	else if (mib > 0)
		snprintf(out, size, "%s, which is %" PRId64 " MiB", value, mib);
	else if (comma != NULL)
		snprintf(out, size, "%.*s, %s", (int)(comma - value), value,
			 comma + 1);
	else
		snprintf(out, size, "%s", value);
}

static void print_setting(const struct config_help *d)
{
	char value[256], text[768];

	printf(".It Ev %s\n", d->name);
	if (d->fallback == NULL) {
		mdoc_sentence(d->help);
		return;
	}
	put_default(value, sizeof(value), d->fallback);
	snprintf(text, sizeof(text), "%s (default:" MDOC_NO_BREAK "%s).",
		 d->help, value);
	mdoc_capitalise(text);
	mdoc_fill(text);
}

static int settings(const char *group)
{
	struct config_help d;
	bool any = false;

	puts(".Bl -tag -width Ds");
	for (size_t i = 0; config_help_find(i, &d); i++) {
		if (strcmp(d.group, group) != 0)
			continue;
		any = true;
		print_setting(&d);
	}
	puts(".El");
	return any ? 0 : 1;
}

static int retired(const char *unused)
{
	const char *name, *instead;

	(void)unused;
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; config_help_retired(i, &name, &instead); i++) {
		printf(".It Ev %s\n", name);
		mdoc_fill(instead);
	}
	puts(".El");
	return 0;
}

/* --- The sample configuration --------------------------------------------- */

/* Where the sample does not show the default. */
static const char *const examples[][2] = {
	{ "KIMI_MODEL_ALIASES",
	  "#KIMI_MODEL_ALIASES=gpt-*=kimi-k3,claude-*=kimi-k3" },
	{ "KIMI_DB", "KIMI_DB=/var/lib/kimi-proxy/kimi.db" },
	{ "KIMI_LOG", "KIMI_LOG=/var/log/kimi-proxy/kimi.log" },
};

static void print_assignment(const struct config_help *d)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		if (strcmp(examples[i][0], d->name) == 0) {
			puts(examples[i][1]);
			return;
		}
	printf("#%s=%s\n", d->name,
	       d->example != NULL  ? d->example :
	       d->fallback != NULL ? d->fallback :
				     "");
}

/* Prints a text as comments, broken into lines. */
static void comment(const char *text)
{
	while (*text != '\0') {
		size_t n = strlen(text);

		if (n > MDOC_LINE)
			for (n = MDOC_LINE; text[n] != ' ';)
				n--;
		printf("# %.*s\n", (int)n, text);
		text += n + (text[n] == ' ');
	}
}

static int sample(const char *group)
{
	struct config_help d;
	bool any = false;

	for (size_t i = 0; config_help_find(i, &d); i++) {
		char text[512];

		if (strcmp(d.group, group) != 0)
			continue;
		if (any)
			putchar('\n');
		any = true;
		snprintf(text, sizeof(text), "%s.", d.help);
		mdoc_capitalise(text);
		comment(text);
		print_assignment(&d);
	}
	return any ? 0 : 1;
}

/* --- Fields of requests -------------------------------------------------- */

/* Fields without a note share a line. */
static bool print_plain(const struct field *fields, enum field_support support)
{
	char text[4096] = "";
	size_t n = 0;

	for (const struct field *f = fields; f->name != NULL; f++)
		if (f->support == support && f->note == NULL)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					      "%s%s", n == 0 ? "" : ", ",
					      f->name);
	if (n > 0)
		mdoc_fill(text);
	return n > 0;
}

static bool same_note(const struct field *a, const struct field *b)
{
	return a->support == b->support && a->note != NULL && b->note != NULL &&
	       strcmp(a->note, b->note) == 0;
}

static bool is_printed(const struct field *fields, const struct field *f)
{
	for (const struct field *before = fields; before < f; before++)
		if (same_note(before, f))
			return true;
	return false;
}

/* Those that share a note share a line. */
static void print_noted(const struct field *first)
{
	char text[512];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s", first->name);

	for (const struct field *f = first + 1; f->name != NULL; f++)
		if (same_note(first, f))
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					      ", %s", f->name);
	snprintf(text + n, sizeof(text) - n, " (%s)", first->note);
	mdoc_fill(text);
}

static void print_support(const struct field *fields,
			  enum field_support support)
{
	const struct field *f = fields;
	bool any;

	while (f->name != NULL && f->support != support)
		f++;
	if (f->name == NULL)
		return;
	printf(".It Em %s\n", field_support_name(support));
	any = print_plain(fields, support);
	for (; f->name != NULL; f++) {
		if (f->support != support || f->note == NULL ||
		    is_printed(fields, f))
			continue;
		if (any)
			puts(".br");
		any = true;
		print_noted(f);
	}
}

static int fields(const char *unused)
{
	(void)unused;
	for (const struct endpoint_fields *p = endpoint_fields; p->path != NULL;
	     p++) {
		printf(".Ss Fields of %s %s\n", p->method, p->path);
		if (p->note != NULL)
			mdoc_sentence(p->note);
		puts(".Bl -tag -width ignoredX");
		for (int s = FIELD_MAPPED; s <= FIELD_REFUSED; s++)
			print_support(p->fields, (enum field_support)s);
		puts(".El");
	}
	return 0;
}

/* --- Errors -------------------------------------------------------------- */

/* A gateway that collects what a dialect sends. */
struct reply {
	struct gateway gateway;
	struct buf out;
};

static bool on_write(void *ctx, const void *p, size_t n)
{
	return buf_append(&((struct reply *)ctx)->out, p, n);
}

static bool on_flush(void *ctx)
{
	(void)ctx;
	return true;
}

static void on_finish(void *ctx)
{
	(void)ctx;
}

/* What a client of the dialect gets for an error, head and body. */
static const char *response_to(const struct dialect *dialect, struct arena *a,
			       const struct error *e)
{
	struct reply *reply = arena_alloc(a, sizeof(*reply));
	struct response response;
	struct sink sink;

	arena_buf_init(a, &reply->out, 65536);
	reply->gateway.write = on_write;
	reply->gateway.flush = on_flush;
	reply->gateway.finish = on_finish;
	reply->gateway.ctx = reply;
	sink_init(&sink, &reply->gateway);
	response_init(&response, &sink, false);
	dialect->error(a, &response, e);
	sink_flush(&sink);
	response_fini(&response);
	return buf_text(&reply->out);
}

struct spelling {
	int status;
	const char *type, *code; /* NULL: null or absent */
};

static struct spelling spell(const struct dialect *dialect, struct arena *a,
			     enum error_kind kind)
{
	struct spelling s = { 0 };
	struct error e, bad;
	const char *response, *body;
	const cJSON *tree;

	error_set(&e, kind, "x");
	response = response_to(dialect, a, &e);
	body = strstr(response, "\r\n\r\n");
	tree = body == NULL ? NULL : json_parse(a, body, strlen(body), &bad);
	if (sscanf(response, "Status: %d", &s.status) != 1)
		exit(1);
	s.type = json_text(tree, "error.type");
	s.code = json_text(tree, "error.code");
	return s;
}

static int errors(const char *unused)
{
	struct arena a;

	(void)unused;
	arena_init(&a);
	puts(".Bl -column \"client_refused\" \"XXX\" "
	     "\"previous_response_not_found\" \"529 authentication_error\"");
	puts(".It Em kind Ta Em status Ta Em code Ta Em Anthropic");
	for (int k = 0; k < ERROR_KINDS; k++) {
		enum error_kind kind = (enum error_kind)k;
		struct spelling openai = spell(&dialect_openai_chat, &a, kind);
		struct spelling anthropic =
			spell(&dialect_anthropic_messages, &a, kind);

		if (kind == ERROR_CHAT_GONE || kind == ERROR_CLIENT_GONE)
			continue; /* never sent */
		printf(".It %s Ta %d Ta %s Ta", error_name(kind), openai.status,
		       openai.code == NULL ? "\\(en" : openai.code);
		if (anthropic.status != openai.status)
			printf(" %d\\~%s\n", anthropic.status, anthropic.type);
		else
			printf(" %s\n", anthropic.type);
	}
	puts(".El");
	arena_fini(&a);
	return 0;
}

/* OpenAI's types, each with our kinds. */
static int types(const char *unused)
{
	struct spelling s[ERROR_KINDS];
	struct arena a;

	(void)unused;
	arena_init(&a);
	for (int k = 0; k < ERROR_KINDS; k++)
		s[k] = spell(&dialect_openai_chat, &a, (enum error_kind)k);
	puts(".Bl -tag -width Ds");
	for (int k = 0; k < ERROR_CHAT_GONE; k++) {
		char text[512] = "";
		size_t n = 0;

		for (int j = 0; j < ERROR_CHAT_GONE; j++) {
			if (strcmp(s[j].type, s[k].type) != 0)
				continue;
			if (j < k)
				break; /* printed already */
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					      "%s%s", n == 0 ? "" : ", ",
					      error_name((enum error_kind)j));
		}
		if (n == 0)
			continue;
		printf(".It %s\n", s[k].type);
		mdoc_fill(text);
	}
	puts(".El");
	arena_fini(&a);
	return 0;
}

/* --- Names, for the checks ----------------------------------------------- */
static int names(const char *unused)
{
	struct config_help d;
	const char *name, *instead;

	(void)unused;
	for (size_t i = 0; config_help_find(i, &d); i++)
		printf("setting %s\n", d.name);
	for (size_t i = 0; config_help_retired(i, &name, &instead); i++)
		printf("retired %s\n", name);
	for (const struct route *r = routes; r->pattern != NULL; r++)
		printf("route %s %s\n", r->method, r->pattern);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*print)(const char *argument);
	} tables[] = {
		{ "settings", settings },
		{ "retired", retired },
		{ "fields", fields },
		{ "errors", errors },
		{ "types", types },
		{ "names", names },
		{ "sample", sample },
		{ "synopsis", commands_synopsis },
		{ "commands", commands_list },
		{ "options", commands_options },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (argc >= 2 && strcmp(argv[1], tables[i].name) == 0)
			return tables[i].print(argc > 2 ? argv[2] : "");
	fputs("usage: doc_tables settings GROUP | sample GROUP | retired | fields | "
	      "errors | types | names | synopsis | commands | options\n",
	      stderr);
	return 2;
}
