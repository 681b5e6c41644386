/* SPDX-License-Identifier: MIT */
/*
 * Everything at and below /chat/completions except new turns. Ids with the
 * prefix of completions are stored completions, all others are conversations.
 */
#include <stdlib.h>
#include <string.h>

#include "app/owner.h"
#include "app/routes.h"
#include "app/serve/metadata.h"
#include "app/serve/owned_conversation.h"
#include "app/serve/page.h"
#include "dialect/openai/chat_object.h"
#include "store/replies.h"
#include "store/stored_responses.h"

static const struct page_rules rules = { 20, 100, true };

static bool is_completion(const char *id)
{
	return strncmp(id, OPENAI_CHAT_PREFIX, strlen(OPENAI_CHAT_PREFIX)) == 0;
}

/* The completion that the path names; NULL with a filled error. */
static struct store *find(struct exchange *x, struct caller *caller,
			  struct stored_response *stored, struct error *e)
{
	struct store *store = auth_store(x, caller, e);

	if (store == NULL ||
	    !stored_response_find(store, caller->fingerprint, x->params[0],
				  stored, x->arena, e))
		return NULL;
	if (stored->status == STORED_RESPONSE_DONE)
		return store;
	error_field(e, ERROR_NOT_FOUND, "completion_id",
		    "The completion '%.64s' is still running, or it failed.",
		    x->params[0]);
	return NULL;
}

static void put(struct json_writer *w, const struct stored_response *stored,
		struct arena *a)
{
	static const struct chat_message nothing = { .role = CHAT_ASSISTANT };
	const struct openai_chat_choice choice = {
		.message = stored->message == NULL ? &nothing : stored->message,
		.finish = stored->finish,
	};
	const struct openai_chat_object c = {
		.id = stored->id,
		.created = stored->created_ms / 1000,
		.model = stored->model,
		.choices = &choice,
		.n_choices = 1,
		.usage = &stored->usage,
		.metadata = stored->metadata,
	};

	openai_chat_object_put(w, &c, a);
}

static void send(struct exchange *x, const struct stored_response *stored)
{
	struct json_response o;

	put(json_response_begin(&o, x), stored, x->arena);
	json_response_send(&o);
}

void serve_stored_completion(struct exchange *x)
{
	struct stored_response stored;
	struct caller caller;
	struct error e;

	if (!is_completion(x->params[0]))
		serve_conversation(x);
	else if (find(x, &caller, &stored, &e) != NULL)
		send(x, &stored);
	else
		exchange_fail(x, &e);
}

void serve_stored_completion_update(struct exchange *x)
{
	struct stored_response stored;
	struct caller caller;
	struct store *store;
	const char *metadata;
	struct error e;

	if (!is_completion(x->params[0])) {
		serve_conversation_update(x);
		return;
	}
	store = find(x, &caller, &stored, &e);
	if (store == NULL || !owner_check_space(x, &caller, store, &e) ||
	    !metadata_read(x, &metadata, &e) ||
	    !stored_response_set_metadata(store, caller.fingerprint,
					  x->params[0], metadata, &e)) {
		exchange_fail(x, &e);
		return;
	}
	stored.metadata = metadata == NULL ? "{}" : metadata;
	send(x, &stored);
}

/* Of one that was not stored the reply may be kept. Its id is the request's. */
static bool delete_reply(struct store *store, const struct caller *caller,
			 struct exchange *x, struct error *e)
{
	const char *request = arena_printf(
		x->arena, "req_%s", x->params[0] + strlen(OPENAI_CHAT_PREFIX));
	struct error why;

	if (store_reply_delete(store, caller->fingerprint, request, &why))
		return true;
	if (why.kind != ERROR_NOT_FOUND)
		*e = why;
	return false;
}

static bool delete_completion(struct store *store, const struct caller *caller,
			      struct exchange *x, struct error *e)
{
	return stored_response_delete(store, caller->fingerprint, x->params[0],
				      e) ||
	       (e->kind == ERROR_NOT_FOUND &&
		delete_reply(store, caller, x, e));
}

void serve_stored_completion_delete(struct exchange *x)
{
	struct caller caller;
	struct store *store;
	struct error e;

	if (!is_completion(x->params[0])) {
		serve_conversation_delete(x);
		return;
	}
	store = auth_store(x, &caller, &e);
	if (store != NULL && delete_completion(store, &caller, x, &e))
		json_response_deleted(x, "chat.completion.deleted",
				      x->params[0]);
	else
		exchange_fail(x, &e);
}

/* --- Lists ------------------------------------------------------------------ */

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
	return metadata_read_filter(x, &list->metadata, e) &&
	       stored_response_list(store, caller.fingerprint, list, x->arena,
				    e);
}

void serve_stored_completions(struct exchange *x)
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

/* The input of a completion, or all of a conversation. */
static bool load_messages(struct exchange *x,
			  const struct chat_message **messages, size_t *n,
			  struct error *e)
{
	struct stored_response stored;
	struct chat_message *held;
	struct caller caller;
	struct owned_conversation c;

	if (is_completion(x->params[0])) {
		if (find(x, &caller, &stored, e) == NULL)
			return false;
		*messages = stored.input;
		*n = stored.n_input;
		return true;
	}
	if (!owned_conversation_find(&c, x, x->params[0], e) ||
	    !store_conversation_messages(c.store, &c.conversation, &held, n,
					 x->arena, e))
		return false;
	*messages = held;
	return true;
}

static const char *message_id(struct exchange *x, size_t i)
{
	return arena_printf(x->arena, "%s-%zu", x->params[0], i);
}

/* Message ids end in an index: "chatcmpl-…-0". Without an id it is
 * PAGE_NOWHERE. */
static bool find_index(struct exchange *x, const char *param, const char *id,
		       size_t n, size_t *index, struct error *e)
{
	const char *number = id == NULL ? NULL : strrchr(id, '-');

	*index = PAGE_NOWHERE;
	if (id == NULL)
		return true;
	if (number != NULL)
		*index = strtoul(number + 1, NULL, 10);
	return (*index < n && strcmp(message_id(x, *index), id) == 0) ||
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

void serve_stored_completion_messages(struct exchange *x)
{
	const struct chat_message *messages;
	size_t n, after, before;
	struct page page;
	struct error e;

	if (load_messages(x, &messages, &n, &e) &&
	    page_read(&page, x, &rules, &e) &&
	    find_index(x, "after", page.after, n, &after, &e) &&
	    find_index(x, "before", page.before, n, &before, &e))
		send_messages(x, messages, page_cut(&page, n, after, before));
	else
		exchange_fail(x, &e);
}
