/* SPDX-License-Identifier: MIT */
/* `status`. */
#include "cgi/command/status.h"

#include "base/clock.h"
#include "base/time_zone.h"
#include "base/version.h"
#include "cgi/command/chart.h"
#include "cgi/command/credential_reports.h"
#include "cgi/command/request_columns.h"
#include "store/overview.h"

#define ERRORS 5 /* the last ones */

/* --- The server ----------------------------------------------------------- */

static void put_server(struct command *c, const struct store_overview *s)
{
	static const struct output_column columns[] = {
		{ "version", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "settings", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "database", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "database_size", OUTPUT_BYTES, OUTPUT_ALWAYS },
		{ "wal_size", OUTPUT_BYTES, OUTPUT_ALWAYS },
		{ "schema_version", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "running_requests", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "log", OUTPUT_TEXT, OUTPUT_ALWAYS },
	};
	const char *log = c->app->config.log_path;
	struct output *o = &c->output;
	struct error e;

	if (!log_check(&c->app->log, &e))
		log = arena_copy(&c->arena, e.message);

	output_record(o, NULL, columns, sizeof(columns) / sizeof(*columns));
	output_text(o, KIMI_VERSION);
	output_text(o, c->app->path == NULL ? "from the environment alone" :
					      c->app->path);
	output_text(o, c->app->config.db_path);
	output_number(o, s->file_bytes);
	output_number(o, s->log_bytes);
	output_number(o, s->schema_version);
	output_number(o, s->running);
	output_text(o, log == NULL ? "standard error" : log);
	output_end(o);
}

static void put_keys(struct output *o, const struct store_overview *s)
{
	static const struct output_column columns[] = {
		{ "usable", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "blocked", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "revoked", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "expired", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "strangers", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	};

	output_record(o, "keys", columns, sizeof(columns) / sizeof(*columns));
	output_number(o, s->keys);
	output_number(o, s->blocked);
	output_number(o, s->revoked);
	output_number(o, s->expired);
	output_number(o, s->strangers);
	output_end(o);
}

static void put_today(struct output *o, const struct store_overview *s)
{
	static const struct output_column columns[] = {
		{ "requests", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "failures", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "refusals", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "unpriced", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "prompt_tokens", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "completion_tokens", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	};
	static const struct output_column cost[] = {
		{ "cost", OUTPUT_MONEY, OUTPUT_ALWAYS },
	};

	output_record(o, "today", columns, sizeof(columns) / sizeof(*columns));
	output_number(o, s->requests);
	output_number(o, s->failures);
	output_number(o, s->refusals);
	output_number(o, s->unpriced);
	output_number(o, s->prompt_tokens);
	output_number(o, s->completion_tokens);
	output_end(o);
	if (s->n_costs == 0 && o->format == OUTPUT_FOR_PEOPLE)
		return;
	output_table(o, "costs_today", cost, 1);
	for (size_t i = 0; i < s->n_costs; i++)
		output_money(o, s->costs[i].cost, s->costs[i].currency);
	output_end(o);
}

static void put_hours(struct output *o, const struct store_overview *s)
{
	static const struct output_column columns[] = {
		{ "hours_ago", OUTPUT_INTEGER, OUTPUT_ALWAYS },
		{ "requests", OUTPUT_INTEGER, OUTPUT_ALWAYS },
	};
	double values[OVERVIEW_HOURS];

	for (size_t i = 0; i < OVERVIEW_HOURS; i++)
		values[i] = (double)s->hours[i];
	if (o->format == OUTPUT_FOR_PEOPLE) {
		output_line(o, "%s", "");
		chart_line(o, "24 hours", values, OVERVIEW_HOURS);
		return;
	}
	output_table(o, "last_hours", columns, 2);
	for (size_t i = OVERVIEW_HOURS; i > 0; i--) {
		output_number(o, (int64_t)(OVERVIEW_HOURS - i));
		output_number(o, s->hours[i - 1]);
	}
	output_end(o);
}

/* --- Credentials ---------------------------------------------------------- */

static bool put_credentials(struct command *c, struct error *e)
{
	struct credential_report *reports;
	struct owner_credential *list;
	size_t n;
	bool ok;

	if (!owner_credentials_list(c->app, &list, &n, &c->arena, e))
		return false;
	reports = arena_array(&c->arena, n + 1, sizeof(*reports));
	ok = credential_reports_known(c->app, list, n, reports, e);
	if (ok)
		credential_reports_print(&c->output, reports, n);
	credential_reports_end(reports, n);
	return ok;
}

/* --- Errors --------------------------------------------------------------- */

static bool put_errors(struct command *c, struct error *e)
{
	const struct request_filter failed = { .failed = true,
					       .limit = ERRORS };
	struct store_request *list;
	struct output *o = &c->output;
	size_t n;

	if (!store_requests_list(c->store, &failed, &list, &n, &c->arena, e))
		return false;
	if (n == 0 && o->format == OUTPUT_FOR_PEOPLE)
		return true;
	output_table(o, "last_errors", failed_request_columns,
		     FAILED_REQUEST_COLUMNS);
	for (size_t i = 0; i < n; i++)
		failed_request_cells(o, &list[i]);
	output_end(o);
	return true;
}

enum command_exit status_run(struct command *c)
{
	struct time_span today = time_zone_span(app_time_zone(c->app), TIME_DAY,
						clock_wall_ms());
	struct store_overview status;
	struct error e;

	if (!store_overview_read(c->store, today.begin, &status, &c->arena, &e))
		return command_fail(&e);
	output_group(&c->output, NULL);
	put_server(c, &status);
	put_keys(&c->output, &status);
	put_today(&c->output, &status);
	put_hours(&c->output, &status);
	if (!put_credentials(c, &e) || !put_errors(c, &e))
		return command_fail(&e);
	output_end_group(&c->output);
	return COMMAND_DONE;
}
