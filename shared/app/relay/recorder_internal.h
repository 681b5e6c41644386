/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_RECORDER_INTERNAL_H
#define APP_RELAY_RECORDER_INTERNAL_H

#include "app/relay/choices_internal.h"
#include "app/relay/job_internal.h"
#include "app/relay/server_timing_internal.h"
#include "app/relay/stream_log_writer_internal.h"
#include "chat/history.h"
#include "chat/reply.h"
#include "store/turn_close.h"

/*
 * Private to the relay: what is written to the database about a request, and
 * when. Its row is opened and its lease renewed while it runs, its events are
 * logged if the stream can be resumed, and its outcome is stored in one
 * transaction before the client gets the end.
 */
struct recorder {
	const struct job *job;
	struct store_turn turn;
	struct store_asked asked;
	struct store_as store_as;    /* of a stored response */
	struct chat_request request; /* as it is stored: files by name only */
	struct chat_history history;
	struct chat_reply *replies; /* one for each choice */
	struct chat_usage usage;    /* of all, at the end */
	struct stream_log_writer log;
	int64_t renew_every_ms;
	int64_t renew_ms; /* clock_ms: the row is due; INT64_MAX: never */
	struct made_chats *made;
	const struct abandoned_chat *noted; /* the newest that the row had */
	int64_t first_token_ms;	     /* since the request came; -1: none yet */
	size_t held;		     /* bytes of all replies, so far … */
	size_t admitted;	     /* … and so many there may be */
	int64_t completed;	     /* Unix seconds, once it is recorded */
	struct server_timing timing; /* likewise */
	struct exchange_facts facts; /* for the log */
	bool recorded;
};

/* `made` are the chats that are noted with the row. */
void recorder_init(struct recorder *rec, const struct job *j,
		   struct made_chats *made);

/* Which model the records name. */
void recorder_set_model(struct recorder *rec, const char *name);

/* What Kimi is asked: all of it, and by which try, once it replies. */
void recorder_set_prompt(struct recorder *rec, const struct chat_request *q);
void recorder_set_asked(struct recorder *rec, const struct attempt *t);

/* ERROR_SPACE if the turn would leave something that its client can ask for,
 * and there is no space for it; then it leaves nothing. */
bool recorder_check_space(const struct recorder *rec, struct error *e);

/*
 * Whether the request needs a row before Kimi is asked: it takes a
 * conversation, its API key has limits, or its reply has a stream log. Others
 * get theirs when they take long, or at their end.
 */
bool recorder_needs_row(const struct recorder *rec);

/* Whether the request ends without a row of its turn, since it was refused before
 * Kimi was asked: request_row.h writes another one. */
bool recorder_leaves_refusal(const struct recorder *rec,
			     const struct attempt *t, const struct error *why);

/* From now on the row is opened or renewed when it is due. */
void recorder_hold(struct recorder *rec);

/* Milliseconds until recorder_renew is due; 0 or less: it is. */
int64_t recorder_due_in(const struct recorder *rec, int64_t now);

/* Opens the row or renews its lease. False when another request cancelled this
 * one; other failures are reported when the outcome is recorded. */
bool recorder_renew(struct recorder *rec, int64_t now);

/* Stores the input of a response that clients may ask for while it runs. */
bool recorder_store_input(struct recorder *rec, struct error *e);

/* Notes an event of a reply, except its end. */
bool recorder_event(struct recorder *rec, const struct chat_event *event,
		    struct error *e);

/* Notes the FINISH of one choice. False with ERROR_UPSTREAM when the reply is
 * too large. */
bool recorder_finish(struct recorder *rec, const struct chat_event *end,
		     struct error *e);

/* Writes the stream log if it is due. */
void recorder_write_log(struct recorder *rec, int64_t now);

/*
 * Records the outcome: `end` is the last FINISH, or the ERROR, that the client
 * is about to get; FINISH gets the usage of all choices, counted or estimated
 * where Kimi reported none. The row names the credential of the choice `last`,
 * whose slot is released in the same transaction. False with ERROR_CLIENT_GONE
 * when another request had cancelled this one.
 */
bool recorder_close(struct recorder *rec, struct choice *last,
		    struct chat_event *end, struct error *e);

#endif
