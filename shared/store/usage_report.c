/* SPDX-License-Identifier: MIT */
/* Adds the sums of usage up to what an owner asked. */
#include "store/usage_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/db_internal.h"
#include "store/usage_sums_internal.h"

#define HOUR_MS (INT64_C(60) * 60 * 1000)

struct report {
	struct db *db;
	const struct usage_question *question;
	struct arena *arena;
	struct usage_line *lines;
	size_t n, room;
	size_t first; /* no line before it gets anything more */
	size_t last;  /* the one that got something */
};

/* --- Lines ---------------------------------------------------------------- */

/* What has no cost goes with any currency. */
static bool currencies_agree(const char *a, const char *b)
{
	return a == NULL || b == NULL || text_same(a, b);
}

static bool is_same_name(const struct usage_line *a, const struct usage_line *b)
{
	return text_same(a->name, b->name) && text_same(a->key, b->key);
}

static bool is_same(const struct usage_line *a, const struct usage_line *b)
{
	return a->began_at == b->began_at && is_same_name(a, b) &&
	       currencies_agree(a->currency, b->currency) &&
	       currencies_agree(a->list_currency, b->list_currency);
}

static void add_to(struct usage_line *to, const struct usage_line *line)
{
	if (to->currency == NULL)
		to->currency = line->currency;
	if (to->list_currency == NULL)
		to->list_currency = line->list_currency;
	for (int i = 0; i < USAGE_NUMBERS; i++)
		to->numbers[i] += line->numbers[i];
}

static void append(struct report *r, const struct usage_line *line)
{
	r->lines = arena_grow(r->arena, r->lines, &r->room, r->n + 1,
			      sizeof(*r->lines));
	r->lines[r->n++] = *line;
}

/* What is asked for comes in the order of its lines, more or less. */
static void add(struct report *r, const struct usage_line *line)
{
	for (size_t i = r->n; i > r->first; i--)
		if (is_same(&r->lines[i - 1], line)) {
			add_to(&r->lines[i - 1], line);
			return;
		}
	append(r, line);
}

static enum time_period period_of(enum usage_group by)
{
	return by == USAGE_BY_MONTH ? TIME_MONTH :
	       by == USAGE_BY_WEEK  ? TIME_WEEK :
				      TIME_DAY;
}

static int64_t local_start(const struct usage_question *q, int64_t at_ms)
{
	int64_t local_ms;

	if (q->by != USAGE_BY_HOUR)
		return time_zone_span(q->zone, period_of(q->by), at_ms).begin;
	local_ms = at_ms + time_zone_offset(q->zone, at_ms / 1000) * 1000;
	return at_ms - local_ms % HOUR_MS;
}

static int64_t next_start(const struct usage_question *q, int64_t start)
{
	return q->by == USAGE_BY_HOUR ?
		       start + HOUR_MS :
		       time_zone_span(q->zone, period_of(q->by), start).end;
}

/* --- Rows ----------------------------------------------------------------- */

static const char *get_name(struct query *q, int column, struct arena *a)
{
	const char *s = query_get_text(q, column, a);

	return s == NULL || *s == '\0' ? NULL : s;
}

static void bind_filter(struct query *q, const struct usage_question *question)
{
	if (question->key == NULL)
		query_null(q);
	else
		query_int(q, *question->key);
	query_text(q, question->model);
}

/* The columns from the currencies on, the same in all statements. */
static void get_sums(struct query *q, int column, struct usage_line *line,
		     struct arena *a)
{
	line->currency = get_name(q, column, a);
	line->list_currency = get_name(q, column + 1, a);
	for (int i = 0; i < USAGE_NUMBERS; i++)
		line->numbers[i] = query_get_int(q, column + 2 + i);
}

static bool read_times(struct report *r, enum db_statement which, int64_t since,
		       int64_t until, struct error *e)
{
	struct query q;

	query_open(&q, r->db, which);
	query_int(&q, since);
	query_int(&q, until);
	bind_filter(&q, r->question);
	while (query_row(&q)) {
		struct usage_line line = { 0 };

		get_sums(&q, 1, &line, r->arena);
		line.began_at = local_start(r->question, query_get_int(&q, 0));
		add(r, &line);
	}
	return query_close(&q, e);
}

/* Days of UTC, the one that is not over included. */
static bool read_days(struct report *r, int64_t since, int64_t until,
		      struct error *e)
{
	return read_times(r, DB_USAGE_OF_DAYS, since, until, e) &&
	       read_times(r, DB_USAGE_OF_NEW_QUARTERS, since, until, e);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t day_of(int64_t ms)
{
	return ms / USAGE_DAY_MS * USAGE_DAY_MS;
}

static int64_t day_after(int64_t ms)
{
	return day_of(ms - 1) + USAGE_DAY_MS;
}

static void add_empty(struct report *r)
{
	const struct usage_question *q = r->question;
	int64_t at = local_start(q, q->since);

	for (; at < q->until; at = next_start(q, at))
		add(r, &(struct usage_line){ .began_at = at });
}

static bool are_days_of_utc(const struct report *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->lines[i].began_at % USAGE_DAY_MS != 0)
			return false;
	return r->question->by != USAGE_BY_HOUR;
}

/* Quarters fit any zone; where they are gone, there are days of UTC. */
static bool by_time(struct report *r, struct error *e)
{
	const struct usage_question *q = r->question;
	int64_t since = local_start(q, q->since), quarters;

	if (!usage_sums_quarters(r->db, &quarters, e))
		return false;
	add_empty(r);
	if (are_days_of_utc(r))
		return read_days(r, since, q->until, e);
	if (since >= quarters)
		return read_times(r, DB_USAGE_OF_QUARTERS, since, q->until, e);
	return read_days(r, day_of(since), least(quarters, q->until), e) &&
	       read_times(r, DB_USAGE_OF_QUARTERS, quarters, q->until, e);
}

/* --- By names: many rows of few lines --- */

static const char *peek_name(struct query *q, int column)
{
	const char *s = query_peek_text(q, column);

	return s == NULL || *s == '\0' ? NULL : s;
}

/* Most often that of the row before, or the next one. */
static struct usage_line *find_exactly(struct report *r,
				       const struct usage_line *row)
{
	for (size_t i = 0; i < r->n; i++) {
		struct usage_line *line = &r->lines[(r->last + i) % r->n];

		if (text_same(line->name, row->name) &&
		    text_same(line->currency, row->currency) &&
		    text_same(line->list_currency, row->list_currency))
			return line;
	}
	return NULL;
}

static void add_row(struct report *r, struct query *q)
{
	struct usage_line row = { .name = peek_name(q, 0),
				  .currency = peek_name(q, 1),
				  .list_currency = peek_name(q, 2) };
	struct usage_line *line = find_exactly(r, &row);

	if (line == NULL) {
		row.name = arena_copy(r->arena, row.name);
		row.currency = arena_copy(r->arena, row.currency);
		row.list_currency = arena_copy(r->arena, row.list_currency);
		append(r, &row);
		line = &r->lines[r->n - 1];
	}
	for (int i = 0; i < USAGE_NUMBERS; i++)
		line->numbers[i] += query_get_int(q, 3 + i);
	r->last = (size_t)(line - r->lines);
}

static int compare_currencies(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int with_currency_first(const void *p, const void *q)
{
	const struct usage_line *a = p, *b = q;
	int order = compare_currencies(b->currency, a->currency);

	return order != 0 ?
		       order :
		       compare_currencies(b->list_currency, a->list_currency);
}

static bool add_rows(struct report *r, struct query *q, struct error *e)
{
	struct report exact = { .arena = r->arena };

	while (query_row(q))
		add_row(&exact, q);
	if (exact.n > 0)
		qsort(exact.lines, exact.n, sizeof(*exact.lines),
		      with_currency_first);
	for (size_t i = 0; i < exact.n; i++)
		add(r, &exact.lines[i]);
	return query_close(q, e);
}

/* Whole days of UTC, and quarters before and behind them. */
static bool by_name(struct report *r, struct error *e)
{
	const struct usage_question *question = r->question;
	int64_t since = question->since / USAGE_QUARTER_MS * USAGE_QUARTER_MS;
	int64_t first = day_after(since), end = day_of(question->until);
	int64_t quarters;
	struct query q;

	if (!usage_sums_quarters(r->db, &quarters, e))
		return false;
	if (since < quarters)
		first = day_of(since);
	if (question->until < quarters)
		end = day_after(question->until);
	if (end < first)
		end = first;
	query_open(&q, r->db, DB_USAGE_OF_NAMES);
	query_int(&q, since);
	query_int(&q, first);
	query_int(&q, end);
	query_int(&q, question->until);
	bind_filter(&q, question);
	query_int(&q, (int64_t)question->by - USAGE_BY_KEY);
	return add_rows(r, &q, e);
}

/* One after the other: there may be many. */
static bool by_conversation(struct report *r, struct error *e)
{
	struct query q;

	query_open(&q, r->db, DB_USAGE_OF_CONVERSATIONS);
	query_int(&q, r->question->since);
	query_int(&q, r->question->until);
	bind_filter(&q, r->question);
	while (query_row(&q)) {
		struct usage_line line = { 0 };

		get_sums(&q, 2, &line, r->arena);
		line.name = get_name(&q, 0, r->arena);
		line.key = get_name(&q, 1, r->arena);
		if (r->n > 0 && !is_same_name(&r->lines[r->n - 1], &line))
			r->first = r->n;
		add(r, &line);
	}
	return query_close(&q, e);
}

/* --- All of it ------------------------------------------------------------ */

static int64_t tokens_of(const struct usage_line *line)
{
	return line->numbers[USAGE_PROMPT] + line->numbers[USAGE_COMPLETION];
}

static int in_order(const void *p, const void *q)
{
	const struct usage_line *a = p, *b = q;
	int64_t m = tokens_of(a), n = tokens_of(b);

	if (a->began_at != b->began_at)
		return a->began_at < b->began_at ? -1 : 1;
	return (m < n) - (m > n);
}

static bool read_report(struct report *r, struct error *e)
{
	enum usage_group by = r->question->by;
	bool ok = by == USAGE_BY_CONVERSATION ? by_conversation(r, e) :
		  by >= USAGE_BY_KEY	      ? by_name(r, e) :
						by_time(r, e);

	if (ok && r->n > 0)
		qsort(r->lines, r->n, sizeof(*r->lines), in_order);
	return ok;
}

bool store_usage_report(struct store *s, const struct usage_question *question,
			struct usage_line **lines, size_t *n, struct arena *a,
			struct error *e)
{
	struct report r = { .db = db_begin(s, DB_READ, e),
			    .question = question,
			    .arena = a };

	if (r.db == NULL || !db_end(s, r.db, read_report(&r, e), e))
		return false;
	*lines = r.lines;
	*n = r.n;
	return true;
}
