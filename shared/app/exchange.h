/* SPDX-License-Identifier: MIT */
#ifndef APP_EXCHANGE_H
#define APP_EXCHANGE_H

#include <stdint.h>

#include "app/worker.h"
#include "dialect/dialect.h"
#include "http/request.h"
#include "http/response.h"
#include "app/router.h"

/* A request being answered. */
struct exchange {
	struct app *app;
	struct arena *arena;
	struct http_client *http;
	const struct gateway *gateway;
	struct http_request request;
	struct sink sink;
	struct response response;
	const struct dialect *dialect; /* how errors are spelled */
	const char *id;		       /* x-request-id, "req_…" */
	const char *param;	       /* what a route's braces stood for */
	const char *conversation;      /* named by path or header; or NULL */
	const cJSON *body;	       /* once exchange_read has read it */
	const char *note;	       /* for the log line; may be NULL */
	int64_t started_ms;	       /* clock_ms */
	bool finished;
};

/* Answers with an error, whatever of the body is unread. */
void exchange_fail(struct exchange *x, const struct error *e);

/*
 * What the log may say of an error: the message, which may quote the client;
 * its kind alone where nothing of the request is to be stored.
 */
const char *exchange_loggable(const struct exchange *x, const struct error *e);

/* Lets the web server complete the response; once is enough. */
void exchange_finish(struct exchange *x);

/* Reads the body as JSON into x->body, unless that was done before, and that
 * as the dialect's request. */
bool exchange_read(struct exchange *x, struct error *e);
bool exchange_decode(struct exchange *x, struct chat_request *request,
		     struct error *e);

/* Sets the request's conversation, which its body may name or not, to the
 * exchange's. ERROR_VALUE when they are two. */
bool exchange_name_conversation(const struct exchange *x,
				struct chat_request *request, struct error *e);

/* The table of routes, app/routes.c. */
extern const struct route routes[];

void serve_chat(struct exchange *x);
void serve_conversation(struct exchange *x);
void serve_completions(struct exchange *x);
void serve_completion(struct exchange *x);
void serve_completion_messages(struct exchange *x);
void serve_completion_describe(struct exchange *x);
void serve_completion_delete(struct exchange *x);
void serve_conversation_make(struct exchange *x);
void serve_conversation_object(struct exchange *x);
void serve_conversation_describe(struct exchange *x);
void serve_conversation_delete(struct exchange *x);
void serve_items(struct exchange *x);
void serve_items_add(struct exchange *x);
void serve_item(struct exchange *x);
void serve_item_delete(struct exchange *x);
void serve_responses(struct exchange *x);
void serve_response(struct exchange *x);
void serve_response_delete(struct exchange *x);
void serve_response_input(struct exchange *x);
void serve_response_cancel(struct exchange *x);
void serve_response_tokens(struct exchange *x);
void serve_tokens(struct exchange *x);
void serve_messages(struct exchange *x);
void serve_message_tokens(struct exchange *x);
void serve_models(struct exchange *x);
void serve_model(struct exchange *x);
void serve_usages(struct exchange *x);
void serve_files(struct exchange *x);
void serve_file(struct exchange *x);
void serve_file_upload(struct exchange *x);
void serve_file_content(struct exchange *x);
void serve_file_delete(struct exchange *x);
void serve_health(struct exchange *x);
void serve_hello(struct exchange *x);
void serve_upgrade(struct exchange *x);
void serve_index(struct exchange *x);

#endif
