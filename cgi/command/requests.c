/* SPDX-License-Identifier: MIT */
/* `requests`. */
#include "cgi/command/requests.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cgi/command/key.h"
#include "cgi/command/option_value.h"
#include "cgi/command/request_columns.h"

#define DEFAULT_LIMIT 50
#define MOST 100000
#define POLL_MS 500

const struct command_option requests_options[] = {
	{ "failed", NULL, "only those that did not end well, and why" },
	{ "follow", NULL, "go on with those that end from now on" },
	{ "key", "KEY", "only those of this API key" },
	{ "model", "MODEL", "only those of this model" },
	{ "since", "TIME", "only those that began after it: a date, or 7d" },
	{ "limit", "NUMBER", "how many at most (default: 50)" },
	{ NULL, NULL, NULL },
};

static bool read_filter(const struct options *o, struct request_filter *f,
			struct error *e)
{
	*f = (struct request_filter){ .key = option_text(o, "key"),
				      .model = option_text(o, "model"),
				      .failed = option_given(o, "failed"),
				      .limit = DEFAULT_LIMIT };
	return option_number(o, "limit", 1, MOST, &f->limit, e) &&
	       option_time(o, "since", clock_wall_ms(), &f->since, e);
}

/* --- As a table ------------------------------------------------------------ */

/* For people who asked what failed; programs always see the same columns. */
static bool tells_why(const struct output *o, const struct request_filter *f)
{
	return f->failed && o->format == OUTPUT_FOR_PEOPLE;
}

static void begin_table(struct output *o, const struct request_filter *f)
{
	if (tells_why(o, f))
		output_table(o, NULL, failed_request_columns,
			     FAILED_REQUEST_COLUMNS);
	else
		output_table(o, NULL, request_columns, REQUEST_COLUMNS);
}

static void put_request(struct output *o, const struct request_filter *f,
			const struct store_request *r)
{
	if (tells_why(o, f))
		failed_request_cells(o, r);
	else
		request_cells(o, r);
}

/* --- Those that end from now on ------------------------------------------- */

/* They are printed when they end, which is not the order in which they began. */
struct follower {
	struct command *command;
	struct request_filter filter;
	int64_t seen;	  /* the newest one */
	int64_t *running; /* of those up to it */
	size_t n_running, room;
};

static bool is_wanted(const struct request_filter *f,
		      const struct store_request *r)
{
	bool failed = strcmp(r->status, "done") != 0;

	return (f->key == NULL || text_same(f->key, r->key)) &&
	       (f->model == NULL || text_same(f->model, r->model)) &&
	       (!f->failed || failed);
}

/* Requests have what their key is shown as. */
static void show_key(struct follower *f)
{
	const char **key = &f->filter.key;
	struct store_api_key k;
	struct error ignored;

	if (*key != NULL && store_api_key_named(f->command->store, *key, &k,
						&f->command->arena, &ignored))
		*key = key_shown(&k);
}

static bool print_ended(struct follower *f, const struct store_request *r,
			struct error *e)
{
	struct output *o = &f->command->output;

	if (!is_wanted(&f->filter, r))
		return true;
	if (o->format == OUTPUT_JSON)
		output_record(o, NULL, request_columns, REQUEST_COLUMNS);
	else
		begin_table(o, &f->filter);
	put_request(o, &f->filter, r);
	output_end(o);
	return output_flush(o, STDOUT_FILENO, e);
}

static void keep(struct follower *f, int64_t seq)
{
	f->running = arena_grow(&f->command->arena, f->running, &f->room,
				f->n_running + 1, sizeof(*f->running));
	f->running[f->n_running++] = seq;
}

/* Prints it, or keeps it for later. */
static bool look_at(struct follower *f, const struct store_request *r,
		    struct error *e)
{
	if (strcmp(r->status, "running") != 0)
		return print_ended(f, r, e);
	keep(f, r->seq);
	return true;
}

static bool look_at_running(struct follower *f, struct arena *a,
			    struct error *e)
{
	size_t n = f->n_running;

	f->n_running = 0;
	for (size_t i = 0; i < n; i++) {
		struct store_request r;

		if (!store_request_read(f->command->store, f->running[i], &r, a,
					e)) {
			if (e->kind != ERROR_NOT_FOUND)
				return false;
		} else if (!look_at(f, &r, e)) {
			return false;
		}
	}
	return true;
}

static bool look(struct follower *f, struct arena *a, struct error *e)
{
	struct store_request *list;
	size_t n;

	if (!look_at_running(f, a, e) ||
	    !store_requests_after(f->command->store, f->seen, &list, &n, a, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		f->seen = list[i].seq;
		if (!look_at(f, &list[i], e))
			return false;
	}
	return true;
}

/* Until somebody stops it, or it cannot go on. */
static enum command_exit follow(struct follower *f)
{
	struct arena scratch;
	struct error e;
	bool ok;

	f->command->output.headers = false;
	f->command->output.arena = &scratch;
	arena_init(&scratch);
	do {
		ok = look(f, &scratch, &e);
		arena_reset(&scratch);
		clock_sleep_ms(ok ? POLL_MS : 0);
	} while (ok);
	arena_fini(&scratch);
	return command_fail(&e);
}

/* --- All of it ------------------------------------------------------------ */

static void print(struct output *o, const struct request_filter *f,
		  const struct store_request *list, size_t n)
{
	begin_table(o, f);
	for (size_t i = 0; i < n; i++)
		put_request(o, f, &list[i]);
	output_end_or(o, f->failed ? "No failed requests." : "No requests.");
}

/* The oldest first, and headings even above nothing. */
static void print_so_far(struct output *o, const struct request_filter *f,
			 const struct store_request *list, size_t n)
{
	begin_table(o, f);
	for (size_t i = n; i > 0; i--)
		put_request(o, f, &list[i - 1]);
	output_end(o);
}

enum command_exit requests_run(struct command *c)
{
	struct follower f = { .command = c };
	bool follows = option_given(&c->options, "follow");
	struct store_request *list;
	struct error e;
	size_t n;

	if (!read_filter(&c->options, &f.filter, &e) ||
	    !store_requests_newest(c->store, &f.seen, &e) ||
	    !store_requests_list(c->store, &f.filter, &list, &n, &c->arena, &e))
		return command_fail(&e);
	if (!follows) {
		print(&c->output, &f.filter, list, n);
		return COMMAND_DONE;
	}
	show_key(&f);
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[n - 1 - i].status, "running") == 0)
			keep(&f, list[n - 1 - i].seq);
	if (c->output.format != OUTPUT_JSON)
		print_so_far(&c->output, &f.filter, list, n);
	return output_flush(&c->output, STDOUT_FILENO, &e) ? follow(&f) :
							     command_fail(&e);
}
