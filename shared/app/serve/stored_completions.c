/* SPDX-License-Identifier: MIT */
/*
 * GET and DELETE below /chat/completions: completions that are stored, and
 * conversations, which all ids name that do not begin as theirs do.
 */
#include <stdlib.h>
#include <string.h>

#include "app/serve/owned_conversation.h"
#include "app/serve/page.h"
#include "dialect/openai/chat.h"
#include "dialect/openai/chat_object.h"
#include "store/stored_responses.h"

#define QUERY_LIMIT (1024 * 1024)

static const struct page_rules rules = { 20, 100, true };

static bool is_completion(const char *id)
{
	return strncmp(id, OPENAI_CHAT_PREFIX, strlen(OPENAI_CHAT_PREFIX)) == 0;
}

/* The completion that the path names; NULL with a filled error. */
static struct store *find(struct exchange *x, struct caller *caller,
			  struct stored_response *answer, struct error *e)
{
	struct store *store = auth_store(x, caller, e);

	if (store == NULL ||
	    !stored_response_find(store, caller->fingerprint, x->param, answer,
				  x->arena, e))
		return NULL;
	if (answer->status == STORED_RESPONSE_DONE)
		return store;
	error_field(e, ERROR_NOT_FOUND, "completion_id",
		    "The completion '%.64s' is not done.", x->param);
	return NULL;
}

static void put(struct json_writer *w, const struct stored_response *answer,
		struct arena *a)
{
	static const struct chat_message nothing = { .role = CHAT_ASSISTANT };
	const struct openai_chat_object c = {
		.id = answer->id,
		.created = answer->created_ms / 1000,
		.model = answer->model,
		.message = answer->message == NULL ? &nothing : answer->message,
		.finish = answer->finish,
		.usage = &answer->usage,
		.metadata = answer->metadata,
	};

	openai_chat_object_put(w, &c, a);
}

static void send(struct exchange *x, const struct stored_response *answer)
{
	struct json_response o;

	put(json_response_begin(&o, x), answer, x->arena);
	json_response_send(&o);
}

void serve_completion(struct exchange *x)
{
	struct stored_response answer;
	struct caller caller;
	struct error e;

	if (!is_completion(x->param))
		serve_conversation_object(x);
	else if (find(x, &caller, &answer, &e) != NULL)
		send(x, &answer);
	else
		exchange_fail(x, &e);
}

void serve_completion_describe(struct exchange *x)
{
	struct stored_response answer;
	struct caller caller;
	struct store *store;
	const char *metadata;
	struct error e;

	if (!is_completion(x->param)) {
		serve_conversation_describe(x);
		return;
	}
	store = find(x, &caller, &answer, &e);
	if (store == NULL || !conversation_read_metadata(x, &metadata, &e) ||
	    !stored_response_set_metadata(store, caller.fingerprint, x->param,
					  metadata, &e)) {
		exchange_fail(x, &e);
		return;
	}
	answer.metadata = metadata == NULL ? "{}" : metadata;
	send(x, &answer);
}

void serve_completion_delete(struct exchange *x)
{
	struct caller caller;
	struct store *store;
	struct error e;

	if (!is_completion(x->param)) {
		serve_conversation_delete(x);
		return;
	}
	store = auth_store(x, &caller, &e);
	if (store != NULL &&
	    stored_response_delete(store, caller.fingerprint, x->param, &e))
		json_response_deleted(x, "chat.completion.deleted", x->param);
	else
		exchange_fail(x, &e);
}

/* --- Lists ------------------------------------------------------------------ */

/* The NAME of a parameter metadata[NAME]; NULL if it is another. */
static const char *pair_name(const char *parameter, struct arena *a)
{
	static const char begin[] = "metadata[";
	size_t n = parameter == NULL ? 0 : strlen(parameter);

	if (n < sizeof(begin) || parameter[n - 1] != ']' ||
	    strncmp(parameter, begin, strlen(begin)) != 0)
		return NULL;
	return arena_copy_n(a, parameter + strlen(begin), n - sizeof(begin));
}

/* All of them as an object; NULL without any. */
static bool read_pairs(struct exchange *x, const char **pairs, struct error *e)
{
	struct buf *out = arena_alloc(x->arena, sizeof(*out));
	const char *name, *value;
	struct json_writer w;
	bool any = false;

	buf_init(out, QUERY_LIMIT);
	arena_own(x->arena, out, buf_drop);
	json_writer_init(&w, out);
	json_object(&w, NULL);
	for (size_t i = 0;
	     http_request_query_at(&x->request, i, &name, &value, x->arena);
	     i++) {
		name = pair_name(name, x->arena);
		if (name == NULL)
			continue;
		any = true;
		json_put_text(&w, name, value);
	}
	json_close_object(&w);
	*pairs = any ? out->p : NULL;
	return !out->full || error_field(e, ERROR_VALUE, "metadata",
					 "'metadata' is too long.");
}

static bool load_list(struct exchange *x, struct stored_response_list *list,
		      struct error *e)
{
	struct page page;
	struct caller caller;
	struct store *store = auth_store(x, &caller, e);

	if (store == NULL || !page_read(&page, x, &rules, e))
		return false;
	*list = (struct stored_response_list){
		.kind = dialect_openai_chat.stored_kind,
		.model = http_request_query(&x->request, "model", x->arena),
		.after = page.after,
		.ascending = page.ascending,
		.limit = page.limit,
	};
	return read_pairs(x, &list->metadata, e) &&
	       stored_response_list(store, caller.fingerprint, list, x->arena,
				    e);
}

void serve_completions(struct exchange *x)
{
	struct stored_response_list list;
	struct page_list page;
	struct json_writer *w;
	struct error e;
	bool fits = true;
	size_t i = 0;

	if (!load_list(x, &list, &e)) {
		exchange_fail(x, &e);
		return;
	}
	w = page_begin(&page, x);
	for (; i < list.n && fits; i++) {
		put(w, &list.responses[i], x->arena);
		fits = page_added(&page, list.responses[i].id);
	}
	page_send(&page, list.more || i < list.n);
}

/* What was said to a completion, or in a conversation. */
static bool load_messages(struct exchange *x,
			  const struct chat_message **messages, size_t *n,
			  struct error *e)
{
	struct stored_response answer;
	struct chat_message *held;
	struct caller caller;
	struct owned_conversation t;

	if (is_completion(x->param)) {
		if (find(x, &caller, &answer, e) == NULL)
			return false;
		*messages = answer.input;
		*n = answer.n_input;
		return true;
	}
	if (!owned_conversation_find(&t, x, x->param, e) ||
	    !store_conversation_messages(t.store, &t.conversation, &held, n,
					 x->arena, e))
		return false;
	*messages = held;
	return true;
}

static const char *message_id(struct exchange *x, size_t i)
{
	return arena_printf(x->arena, "%s-%zu", x->param, i);
}

/* Messages are called by their place: "chatcmpl-…-0". */
static bool find_place(struct exchange *x, const char *param, const char *id,
		       size_t n, size_t *place, struct error *e)
{
	const char *number = id == NULL ? NULL : strrchr(id, '-');

	*place = PAGE_NOWHERE;
	if (id == NULL)
		return true;
	if (number != NULL)
		*place = strtoul(number + 1, NULL, 10);
	return (*place < n && strcmp(message_id(x, *place), id) == 0) ||
	       error_field(e, ERROR_NOT_FOUND, param,
			   "There is no message '%.96s' in this list.", id);
}

static void send_messages(struct exchange *x,
			  const struct chat_message *messages,
			  struct page_cut cut)
{
	struct page_list list;
	struct json_writer *w = page_begin(&list, x);
	size_t i = cut.first;
	bool fits = true;

	for (; cut.n > 0 && fits; cut.n--, i += (size_t)cut.step) {
		const char *id = message_id(x, i);

		openai_chat_object_put_input(w, id, &messages[i], x->arena);
		fits = page_added(&list, id);
	}
	page_send(&list, cut.more || cut.n > 0);
}

void serve_completion_messages(struct exchange *x)
{
	const struct chat_message *messages;
	size_t n, after, before;
	struct page page;
	struct error e;

	if (load_messages(x, &messages, &n, &e) &&
	    page_read(&page, x, &rules, &e) &&
	    find_place(x, "after", page.after, n, &after, &e) &&
	    find_place(x, "before", page.before, n, &before, &e))
		send_messages(x, messages, page_cut(&page, n, after, before));
	else
		exchange_fail(x, &e);
}
