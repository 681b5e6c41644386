/* SPDX-License-Identifier: MIT */
/* Kimi Code: what is left of the membership. */
#include "upstream/api/code_usages.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "upstream/api/code_identity.h"
#include "upstream/api/json_call.h"
#include "upstream/note.h"

#define MAX_WINDOWS 32
#define EXTRA_NANO 10 /* nano-units in a millionth of a cent */
#define SAME_MS 2000  /* two times of one reset are no further apart */

/* --- Windows --- */

enum span {
	SPAN_OTHER,
	SPAN_5_HOURS,
	SPAN_WEEK,
	SPAN_CYCLE, /* of what is billed: a week or a month */
	SPAN_MONTH,
	SPAN_MONTH_PART, /* Kimi Code's part of the month: no second quota */
};

struct window {
	enum span span;
	const char *name;
	int64_t limit, used, left; /* -1: not known */
	double part;		   /* that is used, 0 to 1; -1: not known */
	const char *resets;	   /* RFC 3339; may be NULL */
};

struct windows {
	struct window list[MAX_WINDOWS];
	size_t n;
};

static void add(struct windows *w, const struct window *window)
{
	if (w->n < MAX_WINDOWS)
		w->list[w->n++] = *window;
}

/* Numbers come as decimal strings, and some are left out. */
static int64_t number_at(const cJSON *v, const char *name)
{
	const char *text = json_text(v, name);
	int64_t n = text != NULL ? strtoll(text, NULL, 10) :
				   json_int(v, name, -1);

	return n < 0 ? -1 : n;
}

static void add_counts(struct windows *w, enum span span, const char *name,
		       const cJSON *v)
{
	struct window window = {
		.span = span,
		.name = name,
		.limit = number_at(v, "limit"),
		.used = number_at(v, "used"),
		.left = number_at(v, "remaining"),
		.part = -1,
		.resets = json_text(v, "resetTime"),
	};

	if (window.used < 0 && window.limit >= 0 && window.left >= 0)
		window.used = window.limit - window.left;
	if (window.left < 0 && window.limit >= 0 && window.used >= 0)
		window.left = window.limit > window.used ?
				      window.limit - window.used :
				      0;
	add(w, &window);
}

static enum span span_of(const cJSON *window)
{
	static const struct {
		const char *unit;
		int64_t minutes;
	} units[] = { { "MINUTE", 1 }, { "HOUR", 60 }, { "DAY", 24 * 60 } };
	const char *unit = json_text(window, "timeUnit");
	int64_t n = json_int(window, "duration", 0);

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (unit == NULL || strstr(unit, units[i].unit) == NULL)
			continue;
		if (n == 5 * 60 / units[i].minutes)
			return SPAN_5_HOURS;
		if (n == INT64_C(7) * 24 * 60 / units[i].minutes)
			return SPAN_WEEK;
	}
	return SPAN_OTHER;
}

static const char *window_name(struct arena *a, const cJSON *v)
{
	const char *unit = json_text(v, "window.timeUnit");
	int64_t n = json_int(v, "window.duration", 0);
	enum span span = span_of(json_at(v, "window"));

	if (span != SPAN_OTHER)
		return span == SPAN_WEEK ? "7 days" : "5 hours";
	if (unit == NULL)
		return "window";
	if (strncmp(unit, "TIME_UNIT_", 10) == 0)
		unit += 10;
	return arena_printf(a, "%lld %s", (long long)n, unit);
}

static bool is_same(const struct window *counted, enum span span,
		    const char *resets)
{
	return (counted->span == span ||
		(counted->span == SPAN_CYCLE && span != SPAN_5_HOURS)) &&
	       llabs(quota_time(counted->resets) - quota_time(resets)) <=
		       SAME_MS;
}

/* What the map says: of windows that are there with counts, only which they
 * are. */
static void add_part(struct windows *w, enum span span, const char *name,
		     const cJSON *v)
{
	const cJSON *part = json_at(v, "used_ratio");
	struct window window = {
		.span = span,
		.name = name,
		.limit = -1,
		.used = -1,
		.left = -1,
		.part = cJSON_IsNumber(part) ? part->valuedouble : -1,
		.resets = json_text(v, "reset_time"),
	};

	for (size_t i = 0; i < w->n && span != SPAN_MONTH_PART; i++)
		if (w->list[i].left >= 0 &&
		    is_same(&w->list[i], span, window.resets)) {
			w->list[i].span = span;
			return;
		}
	add(w, &window);
}

static void read_windows(struct windows *w, const cJSON *body, struct arena *a)
{
	static const struct {
		const char *member;
		enum span span;
		const char *name;
	} parts[] = {
		{ "limit_5h", SPAN_5_HOURS, "5 hours" },
		{ "limit_7d", SPAN_WEEK, "7 days" },
		{ "limit_month_total", SPAN_MONTH, "month" },
		{ "limit_month_code", SPAN_MONTH_PART, "month, Kimi Code" },
	};
	const cJSON *v;

	if (json_at(body, "usage") != NULL)
		add_counts(w, SPAN_CYCLE, "billing cycle",
			   json_at(body, "usage"));
	cJSON_ArrayForEach(v, json_at(body, "limits"))
		add_counts(w, span_of(json_at(v, "window")), window_name(a, v),
			   json_at(v, "detail"));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		v = json_at(json_at(body, "usages"), parts[i].member);
		if (cJSON_IsObject(v))
			add_part(w, parts[i].span, parts[i].name, v);
	}
}

/* --- What is asked --- */

static void note_slots(struct upstream_call *call, const cJSON *body)
{
	int64_t limit = number_at(json_at(body, "parallel"), "limit");
	const char *noted = note_find(call, UPSTREAM_SLOTS_NOTE), *now;

	if (limit <= 0)
		return;
	now = arena_printf(call->arena, "%lld", (long long)limit);
	if (noted == NULL || strcmp(noted, now) != 0)
		note_save(call, UPSTREAM_SLOTS_NOTE, now);
}

static const cJSON *ask(struct upstream_call *call)
{
	struct api_service service = code_identity_service(call);
	const cJSON *body = json_call_get(call, &service, "/usages");

	if (body != NULL)
		note_slots(call, body);
	return body;
}

void code_usages_note_slots(struct upstream_call *call)
{
	ask(call);
}

static int64_t or_unknown(int64_t v)
{
	return v < 0 ? QUOTA_UNKNOWN : v;
}

static void add_quota(struct quota_list *list, const struct window *w)
{
	struct quota q = quota_named(w->name);

	q.optional = w->span == SPAN_MONTH_PART;
	q.used = or_unknown(w->used);
	q.remaining = or_unknown(w->left);
	q.whole = or_unknown(w->limit);
	if (w->part >= 0)
		q.used_ppm = (int64_t)(w->part * (double)QUOTA_WHOLE_PPM + 0.5);
	q.resets_at = quota_time(w->resets);
	quota_add(list, &q);
}

static int64_t nano_of(int64_t v)
{
	return v < 0 || v > INT64_MAX / EXTRA_NANO ? QUOTA_UNKNOWN :
						     v * EXTRA_NANO;
}

/* Money for what exceeds the plan, in millionths of a cent. */
static void add_extra(struct quota_list *list, const cJSON *wallet)
{
	const cJSON *balance = json_at(wallet, "balance");
	struct quota q = quota_named("extra usage");

	q.optional = true;
	q.remaining = nano_of(number_at(balance, "amountLeft"));
	q.whole = nano_of(number_at(balance, "amount"));
	q.currency = json_text(wallet, "monthlyChargeLimit.currency");
	if (q.currency == NULL)
		q.currency = json_text(wallet, "monthlyUsed.currency");
	if (q.currency != NULL && q.remaining != QUOTA_UNKNOWN)
		quota_add(list, &q);
}

bool code_usages(struct upstream_call *call, struct quota_list *list)
{
	const cJSON *body = ask(call);
	struct windows windows = { .n = 0 };

	if (body == NULL)
		return false;
	read_windows(&windows, body, call->arena);
	for (size_t i = 0; i < windows.n; i++)
		add_quota(list, &windows.list[i]);
	add_extra(list, json_at(body, "boosterWallet"));
	add_extra(list, json_at(body, "booster_wallet"));
	list->plan = json_text(body, "user.membership.level");
	return true;
}

/* --- When the quota is renewed --- */

/* Milliseconds from now; 0 for no time, or one that has passed. */
static int64_t until(const struct window *w)
{
	int64_t left = quota_time(w->resets) - clock_wall_ms();

	return left > 0 ? left : 0;
}

/* Without any numbers, what was left out may be 0. */
static bool is_used_up(const struct window *w)
{
	if (w->span == SPAN_MONTH_PART)
		return false;
	if (w->part >= 0)
		return w->part >= 1;
	if (w->left >= 0)
		return w->left == 0;
	return (w->limit < 0 ? 1 : w->limit) - (w->used < 0 ? 0 : w->used) <= 0;
}

static int64_t last_reset(const struct windows *w)
{
	int64_t last = 0;

	for (size_t i = 0; i < w->n; i++)
		if (is_used_up(&w->list[i]) && until(&w->list[i]) > last)
			last = until(&w->list[i]);
	return last;
}

static const struct window *find(const struct windows *w, enum span span)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->list[i].span == span && until(&w->list[i]) > 0)
			return &w->list[i];
	return NULL;
}

/* The window that the words name, or one that stands for it. */
static const struct window *find_named(const struct windows *w,
				       const char *words)
{
	static const struct {
		const char *words;
		enum span spans[3];
	} rows[] = {
		{ "5-hour", { SPAN_5_HOURS } },
		{ "this period", { SPAN_5_HOURS } },
		{ "weekly", { SPAN_WEEK, SPAN_CYCLE } },
		{ "7-day", { SPAN_WEEK, SPAN_CYCLE } },
		{ "monthly", { SPAN_MONTH, SPAN_MONTH_PART, SPAN_CYCLE } },
		{ "billing cycle", { SPAN_CYCLE, SPAN_WEEK, SPAN_MONTH } },
	};
	size_t row = 0, n = sizeof(rows) / sizeof(*rows);
	const struct window *found = NULL;

	while (row < n && strcasestr(words, rows[row].words) == NULL)
		row++;
	for (size_t i = 0; row < n && found == NULL && i < 3; i++)
		if (rows[row].spans[i] != SPAN_OTHER)
			found = find(w, rows[row].spans[i]);
	return found;
}

/* A window of which something is left is not the one that was meant, where
 * another is used up. */
int64_t code_usages_reset_ms(struct upstream_call *call, const char *words)
{
	const cJSON *body = ask(call);
	struct windows windows = { .n = 0 };
	const struct window *named;
	int64_t last;

	read_windows(&windows, body, call->arena);
	last = last_reset(&windows);
	named = find_named(&windows, words);
	if (named == NULL || (last > 0 && named->left > 0))
		return last;
	return until(named) > last ? until(named) : last;
}
