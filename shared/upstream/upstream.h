/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_UPSTREAM_H
#define UPSTREAM_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "chat/chat.h"
#include "chat/stream.h"
#include "http/client.h"

struct model;
struct model_list;
struct quota_list;

/* What error texts call the other side. */
#define UPSTREAM_PEER "Kimi"

/* What a service supports besides text. */
enum upstream_feature {
	UPSTREAM_TOOLS = 1 << 0,
	UPSTREAM_IMAGES = 1 << 1,
	UPSTREAM_FORMAT = 1 << 2, /* response formats: JSON, schemas */
	UPSTREAM_CHATS = 1 << 3,  /* it stores chats: bookmarks, delete_chats */
	UPSTREAM_FILES = 1 << 4,  /* documents */
	UPSTREAM_VIDEOS = 1 << 5,
	UPSTREAM_LIMITS = 1 << 6, /* stop, max_tokens */
};

/* What a request to the service shows as its bearer token. */
struct access_token {
	const char *token;   /* NULL: none yet, renew first */
	int64_t expires_ms;  /* wall clock; INT64_MAX: never */
	const char *refresh; /* NULL: cannot be renewed */
};

/*
 * What a service learned with a credential and wants to know the next time, in
 * any process: which host knows the key, what an uploaded file is called
 * there. Losing a note costs time, nothing else. Use note.h.
 */
struct credential_notes {
	/* The value of that name, in the arena; NULL: none. */
	const char *(*find)(void *ctx, const char *name, struct arena *a);
	void (*save)(void *ctx, const char *name, const char *value);
	void *ctx;
};

/* How many requests the account of a credential may run at once, in digits. */
#define UPSTREAM_SLOTS_NOTE "slots"

/* The last request for a reply before it began. */
struct upstream_asked {
	const char *host; /* base URL; NULL: none was made */
	struct http_trace trace;
	bool begun; /* the reply has: further rounds do not count */
};

/* A chat that is stored at a service. */
struct upstream_chat {
	const char *id; /* as in a bookmark */
	bool gone;	/* it was deleted, or was not there */
};

/* One call of a service. All is borrowed for the call. */
struct upstream_call {
	struct arena *arena;
	struct http_client *http;
	const struct config *config;
	const char *bearer;
	const struct model *model;
	const struct credential_notes *notes; /* NULL: nothing is noted */
	struct error *error; /* filled by whatever returns false */

	/* How many more requests for a reply may fail on behalf of the same
	 * client's request; NULL: any number. */
	unsigned *chances;

	/* Filled by whoever requests a reply; NULL: nobody wants to know. */
	struct upstream_asked *asked;

	/* Told of a chat as soon as the call has made it at the service; NULL:
	 * nobody. */
	void (*on_chat)(void *ctx, const char *chat);
	void *chat_ctx;

	/* The tokens of a text; NULL: they are estimated. */
	int64_t (*count_text)(const void *ctx, const char *p, size_t n);
	const void *count_ctx;
};

/*
 * One Kimi service. Nothing here knows what the client speaks, and nobody else
 * needs to know which services there are (services.h).
 */
struct upstream {
	const char *name; /* also the prefix of its credentials: "web:" */
	unsigned features;

	/* How people get a credential in place of one that is rejected: "log
	 * in at … and copy …". */
	const char *replacement;

	/* The same for one that came by signing in; NULL: none does. */
	const char *sign_in;

	/* The models known without asking, ended by one without a name. */
	const struct model *models;

	/* Whether a secret without a prefix belongs to this service, by its
	 * shape. Each belongs to exactly one service. */
	bool (*recognizes)(const char *secret);

	/* Stricter: whether a client's bearer token can be such a secret. A
	 * word of no known shape is somebody's typing mistake or another
	 * service's secret. */
	bool (*plausible)(struct arena *a, const char *secret);

	/* What the secret grants by itself. */
	struct access_token (*access)(struct arena *a, const char *secret);

	/* Renews the access with a refresh token; NULL: there are no such
	 * tokens. */
	bool (*renew)(struct upstream_call *call, const char *refresh,
		      struct access_token *access);

	/*
	 * Streams one reply, without ending the stream. False with a filled
	 * error: ERROR_CLIENT_GONE when the stream's listener wants no more,
	 * ERROR_CHAT_GONE when the request's bookmark leads nowhere.
	 */
	bool (*run)(struct upstream_call *call,
		    const struct chat_request *request,
		    struct chat_stream *stream);

	/* Asks which models the credential may use; NULL if the service cannot
	 * be asked. Their `upstream` is set. */
	bool (*list)(struct upstream_call *call, struct model_list *models);

	/* Whether Kimi accepts the bearer, by the cheapest call that tells.
	 * NULL: its list of models tells. */
	bool (*check)(struct upstream_call *call);

	/* What its list says of a known model counts more than what is known,
	 * as long as the list is fresh. */
	bool lists_details;

	/*
	 * The listed model that a known one means today; the known one itself
	 * if that is unclear. Such known models remain available along with the
	 * listed ones. NULL: the list, once there is one, replaces them.
	 */
	struct model (*current)(const struct model *known,
				const struct model_list *list);

	/* Whether the service may serve a model of that name although it is
	 * neither listed nor known, and what it is like; NULL: never. */
	bool (*assume)(const char *name, struct model *model);

	/* How a URL begins that names a file stored at the service, to be
	 * passed on as it is; NULL: there are none. */
	const char *file_scheme;

	/* Requests that may run at once with one credential; 0: any number.
	 * Fewer, if the service noted so of the credential. */
	int64_t (*slots)(const struct config *config);

	/*
	 * What the service calls the account's plan, which it tells even of an
	 * account without one; NULL: it does not say. The function is NULL if
	 * the service cannot be asked.
	 */
	bool (*profile)(struct upstream_call *call, const char **plan);

	/*
	 * What remains of the account's limits and money. NULL if the service
	 * cannot be asked.
	 */
	bool (*quotas)(struct upstream_call *call, struct quota_list *list);

	/* Deletes the service's copy of the file with that hash, if it has
	 * one; NULL where there are none. */
	bool (*delete_file)(struct upstream_call *call, const char *hash);

	/* Deletes chats that are stored at the service, by as few calls as it
	 * allows. False if one is left, with the error of the call that failed.
	 * NULL where no chats are stored. */
	bool (*delete_chats)(struct upstream_call *call,
			     struct upstream_chat *chats, size_t n);
};

/* The call requests a reply from the host with that base URL. Returns what is to
 * be the trace of the HTTP call; or NULL. */
struct http_trace *upstream_asks(const struct upstream_call *call,
				 const char *host);

/* The call has made a chat. */
void upstream_made_chat(const struct upstream_call *call, const char *chat);

/* A request for a reply failed. Not counted if the stream's listener ended
 * it. */
void upstream_lose_chance(const struct upstream_call *call,
			  const struct chat_stream *stream);

/* Whether another request may be made in its place. */
bool upstream_has_chance(const struct upstream_call *call);

/* After the stream returned false: ERROR_CLIENT_GONE if its listener wants no
 * more; any other error stays. Always false. */
bool upstream_stopped(const struct upstream_call *call,
		      const struct chat_stream *stream);

#endif
