/* SPDX-License-Identifier: MIT */
/* Requests received and completions running, for tests to inspect. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connect_frame.h"
#include "exchange.h"
#include "fake.h"
#include "peer.h"
#include "record.h"

#define RECORD_BYTES                                                           \
	((size_t)64 << 20) /* of bodies; then the oldest are dropped */

struct recorded {
	const struct route *route;
	char *method, *path, *token, *user_agent;
	char *headers; /* JSON object */
	char *body;
	size_t length;
	int64_t at_ms;
};

struct ticket {
	struct ticket *next, **link;
	char *owner;
	unsigned epoch;
};

static void recorded_free(struct recorded *r)
{
	if (!r)
		return;
	free(r->method);
	free(r->path);
	free(r->token);
	free(r->user_agent);
	free(r->headers);
	free(r->body);
	free(r);
}

static enum MHD_Result header_add(void *context, enum MHD_ValueKind kind,
				  const char *name, const char *value)
{
	static const char *const secret[] = { "authorization", "cookie",
					      "proxy-authorization",
					      "x-api-key", NULL };
	const char *const *word = secret;
	struct text *json = context;
	size_t start;

	(void)kind;
	if (json->length > 1)
		text_put(json, ",");
	start = json->length;
	text_quote_string(json, name);
	for (size_t i = start; i < json->length; i++)
		json->at[i] = (char)tolower((unsigned char)json->at[i]);
	while (*word && strcasecmp(*word, name) != 0)
		word++;
	text_put(json, ":");
	if (*word)
		text_put(json, "true");
	else
		text_quote_string(json, value ? value : "");
	return MHD_YES;
}

/* The request's headers as a JSON object with small names; of secrets only
 * that they were there. Caller frees. */
static char *headers_json(const struct exchange *ex)
{
	struct text json = { 0 };

	text_put(&json, "{");
	MHD_get_connection_values(ex->connection, MHD_HEADER_KIND, header_add,
				  &json);
	text_put(&json, "}");
	return text_take(&json);
}

static struct recorded *recorded_new(const struct exchange *ex)
{
	struct recorded *r = memory_new(sizeof(*r));

	r->route = ex->route;
	r->method = memory_copy(ex->method);
	r->path = memory_copy(ex->path);
	r->token = memory_copy(exchange_credential(ex));
	r->user_agent = memory_copy(ex->user_agent);
	r->headers = headers_json(ex);
	r->length = ex->body.length;
	r->body = memory_new(r->length + 1);
	if (r->length)
		memcpy(r->body, ex->body.at, r->length);
	r->at_ms = clock_day_us() / 1000;
	return r;
}

static void drop_slot(struct record *record, size_t slot)
{
	if (record->kept[slot])
		record->bytes -= record->kept[slot]->length;
	recorded_free(record->kept[slot]);
	record->kept[slot] = NULL;
}

static void keep(struct record *record, struct recorded *r)
{
	drop_slot(record, record->next);
	record->kept[record->next] = r;
	record->next = (record->next + 1) % RECORD_KEPT;
	record->bytes += r->length;
	for (size_t i = 0; i + 1 < RECORD_KEPT; i++) {
		if (record->bytes <= RECORD_BYTES)
			break;
		drop_slot(record, (record->next + i) % RECORD_KEPT);
	}
}

static bool is_browser(const char *user_agent)
{
	static const char *const marks[] = { "Mozilla/", "Chrome/", "Safari/" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (user_agent && strstr(user_agent, marks[i]))
			return true;
	return false;
}

void record_request(const struct exchange *ex, size_t route)
{
	struct fake *fake = ex->fake;
	struct record *record = &fake->record;
	struct recorded *r;
	bool wanted;

	pthread_mutex_lock(&fake->lock);
	record->requests[route]++;
	record->browsers += is_browser(ex->user_agent);
	wanted = fake->settings.record;
	pthread_mutex_unlock(&fake->lock);
	if (!wanted)
		return;
	r = recorded_new(ex);
	pthread_mutex_lock(&fake->lock);
	keep(record, r);
	pthread_mutex_unlock(&fake->lock);
}

/* Under the lock. */
static unsigned long running(const struct record *record, const char *owner)
{
	unsigned long count = 0;

	for (const struct ticket *t = record->running; t; t = t->next)
		count += strcmp(t->owner, owner) == 0;
	return count;
}

struct ticket *record_open(struct fake *fake, const char *owner,
			   unsigned long max)
{
	struct record *record = &fake->record;
	struct ticket *t = NULL;
	unsigned long others;

	pthread_mutex_lock(&fake->lock);
	others = running(record, owner);
	if (max == 0 || others < max) {
		t = memory_new(sizeof(*t));
		t->owner = memory_copy(owner);
		t->epoch = record->epoch;
		t->next = record->running;
		t->link = &record->running;
		if (t->next)
			t->next->link = &t->next;
		record->running = t;
		if (others + 1 > record->most)
			record->most = others + 1;
	}
	pthread_mutex_unlock(&fake->lock);
	return t;
}

void record_close(struct fake *fake, struct ticket *t, enum ticket_end end)
{
	struct record *record = &fake->record;

	pthread_mutex_lock(&fake->lock);
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	if (t->epoch == record->epoch) {
		record->finished += end == TICKET_FINISHED;
		record->aborted += end == TICKET_ABORTED;
	}
	pthread_mutex_unlock(&fake->lock);
	free(t->owner);
	free(t);
}

void record_aborted(struct fake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->record.aborted++;
	pthread_mutex_unlock(&fake->lock);
}

void record_stats(struct fake *fake, struct text *json)
{
	const struct record *record = &fake->record;
	unsigned long open = 0;

	pthread_mutex_lock(&fake->lock);
	for (const struct ticket *t = record->running; t; t = t->next)
		open += t->epoch == record->epoch;
	text_printf(json,
		    "\"streams_open\":%lu,\"streams_aborted\":%lu,"
		    "\"streams_finished\":%lu,\"streams_most\":%lu,"
		    "\"browser_user_agents\":%lu",
		    open, record->aborted, record->finished, record->most,
		    record->browsers);
	pthread_mutex_unlock(&fake->lock);
}

static void put_string(struct text *json, const char *name, const char *value)
{
	text_printf(json, "\"%s\":", name);
	if (value)
		text_quote_string(json, value);
	else
		text_put(json, "null");
	text_put(json, ",");
}

static void put_body(struct text *json, const struct recorded *r)
{
	size_t head = r->length > FRAME_HEAD && r->body[0] == FRAME_MESSAGE ?
			      FRAME_HEAD :
			      0;
	const char *start = r->body + head, *end = NULL;
	cJSON *tree =
		cJSON_ParseWithLengthOpts(start, r->length - head, &end, false);

	if (tree) /* as it came: printing would change large numbers */
		text_add(json, start, (size_t)(end - start));
	else if (r->length)
		text_quote(json, r->body, r->length);
	else
		text_put(json, "null");
	cJSON_Delete(tree);
}

static void put_recorded(struct text *json, const struct recorded *r)
{
	text_put(json, "{");
	put_string(json, "service", r->route->service->name);
	put_string(json, "route", r->route->name);
	put_string(json, "method", r->method);
	put_string(json, "path", r->path);
	put_string(json, "token", r->token);
	put_string(json, "user_agent", r->user_agent);
	text_printf(json, "\"headers\":%s,\"body\":", r->headers);
	put_body(json, r);
	text_printf(json, ",\"at_ms\":%" PRId64 "}", r->at_ms);
}

void record_list(struct fake *fake, struct text *json)
{
	struct record *record = &fake->record;
	const char *comma = "";

	text_put(json, "[");
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < RECORD_KEPT; i++) {
		size_t slot = (record->next + i) % RECORD_KEPT;

		if (!record->kept[slot])
			continue;
		text_put(json, comma);
		put_recorded(json, record->kept[slot]);
		comma = ",\n";
	}
	pthread_mutex_unlock(&fake->lock);
	text_put(json, "]");
}

void record_clear(struct record *record)
{
	for (size_t i = 0; i < RECORD_KEPT; i++)
		drop_slot(record, i);
	record->next = 0;
	record->browsers = record->finished = record->aborted = 0;
	record->most = 0;
	memset(record->requests, 0, sizeof(record->requests));
	record->epoch++;
}
