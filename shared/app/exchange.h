/* SPDX-License-Identifier: MIT */
#ifndef APP_EXCHANGE_H
#define APP_EXCHANGE_H

#include <stdint.h>

#include "app/app_list.h"
#include "app/router.h"
#include "dialect/dialect.h"
#include "http/request.h"
#include "http/response.h"
#include "store/api_keys.h"
#include "store/outcome.h"
#include "store/running.h"

struct caller;

/* What the log says of a request that Kimi was asked for. */
struct exchange_facts {
	const char *model, *credential; /* label; NULL: none was tried */
	struct chat_usage usage;
	struct store_cost cost;
	int64_t first_token_ms; /* after it came; -1: never */
};

/* One request while it is being answered. */
struct exchange {
	struct app *app;
	struct arena *arena;
	struct http_client *http; /* NULL: Kimi must not be called */
	const struct gateway *gateway;
	struct http_request request;
	struct sink sink;
	struct response response;
	const struct dialect *dialect;	  /* how errors are spelled */
	const char *id;			  /* x-request-id, "req_…" */
	const char *params[ROUTE_PARAMS]; /* as in struct router_match */
	const char *conversation;	  /* named by path or header; or NULL */
	const struct caller *caller;	  /* set by auth_check, as is … */
	const struct store_api_key *key;  /* … what its owner has set */
	const struct caller *refused;	  /* by auth_check, though known */
	bool told_limits;		  /* what is left of its limits */
	struct credential_set *credentials; /* see exchange_credentials */
	const cJSON *body;		    /* set by exchange_read */
	struct memory_share share;	    /* what the request may hold */
	struct chat_sweeper *sweeper;	    /* NULL: there is none */
	const char *note;		    /* for the log line; may be NULL */
	const struct exchange_facts *facts; /* likewise */
	const char *client;		    /* its address; likewise */
	int64_t started_ms;		    /* clock_ms */
	struct store_running *running;	    /* the rest: see request_row.h */
	const struct error *refusal;	    /* NULL: it was not refused */
	bool replies; /* the route, with a model's reply */
	bool reports; /* … what the database has */
	bool has_row;
	bool finished;
};

/* The app comes from the gateway's KIMI_CONFIG; the caller releases it, last of
 * all. Everything else is borrowed until exchange_end. */
void exchange_init(struct exchange *x, struct app_list *apps,
		   struct http_client *http, struct arena *a,
		   const struct gateway *g);

/* Finishes the exchange, which has been logged (request_log.h). */
void exchange_end(struct exchange *x);

/* Adds the headers that tell what is left of the key's limits per minute, unless
 * that was done; before the response begins. */
void exchange_tell_limits(struct exchange *x);

/* Answers with an error, however much of the body is still unread. */
void exchange_fail(struct exchange *x, const struct error *e);

/* Notes why it is refused, for its row (request_row.h), unless that was said
 * before. */
void exchange_note_refusal(struct exchange *x, const struct error *why);

/*
 * What may be logged of an error: its message, which may quote the client, or
 * only its kind if the client asked for nothing to be stored.
 */
const char *exchange_loggable(const struct exchange *x, const struct error *e);

/* Lets the web server complete the response now. Later calls do nothing. */
void exchange_finish(struct exchange *x);

/* This server's credentials; the same ones until exchange_end. */
const struct credential_set *exchange_credentials(struct exchange *x);

/* Parses the body as JSON into x->body, unless that is done already. */
bool exchange_read(struct exchange *x, struct error *e);

/* The same, then decodes it as the dialect's request. */
bool exchange_decode(struct exchange *x, struct chat_request *request,
		     struct error *e);

#endif
