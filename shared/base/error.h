/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The one error type, from SQLite to the client. The table in error.c gives
 * each kind its name and its HTTP status.
 */
enum error_kind {
	ERROR_BAD_REQUEST,    /* the body as a whole cannot be read */
	ERROR_MISSING,	      /* a required field is missing or empty */
	ERROR_TYPE,	      /* a field has the wrong JSON type */
	ERROR_VALUE,	      /* a field has a value out of range */
	ERROR_UNSUPPORTED,    /* a field asks for what is not offered */
	ERROR_CONTEXT_LENGTH, /* more input than the model takes */
	ERROR_PREVIOUS,	      /* the answer to go on from is not stored */
	ERROR_CONTENT_FILTER, /* refused by Kimi's content policy */
	ERROR_API_KEY,	      /* the client's key is missing or wrong */
	ERROR_CREDENTIAL,     /* Kimi refuses the credential */
	ERROR_FORBIDDEN,      /* Kimi forbids this account to do that */
	ERROR_CLIENT_REFUSED, /* Kimi does not serve this program */
	ERROR_ROUTE,	      /* no such path */
	ERROR_MODEL,	      /* no such model */
	ERROR_NOT_FOUND,      /* no such file, answer or conversation */
	ERROR_METHOD,	      /* the path exists, the method does not */
	ERROR_BUSY,	      /* another turn runs on the conversation */
	ERROR_TOO_LARGE,      /* the body passes the limit */
	ERROR_UPGRADE,	      /* WebSocket is not spoken here */
	ERROR_RATE_LIMIT,     /* Kimi asks to slow down */
	ERROR_QUOTA,	      /* the account's money or quota is used up */
	ERROR_INTERNAL,	      /* our own fault */
	ERROR_UPSTREAM,	      /* Kimi is broken, unreachable or cut off */
	ERROR_OVERLOADED,     /* Kimi is overloaded */
	ERROR_SETUP,	      /* this server is not configured to answer */
	ERROR_FULL,	      /* all workers of this server are busy */
	ERROR_STOPPING,	      /* this server is shutting down */
	ERROR_TIMEOUT,	      /* Kimi kept silent too long */
	ERROR_CHAT_GONE,      /* the chat kept at Kimi is gone; never sent */
	ERROR_CLIENT_GONE,    /* the client left; nobody to tell */
	ERROR_KINDS
};

struct error {
	enum error_kind kind;
	int64_t retry_after_ms; /* 0: not known */
	int64_t cooldown_ms;	/* of the credential; 0: by the kind */
	int retries;		/* how often the same may be tried again */
	char param[96];		/* the offending field; "" if none */
	char message[512];
};

/* Fills `e`. Always false, so that a function can end with it. */
bool error_set(struct error *e, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a request field, named by its path: `messages[2].role`. */
bool error_field(struct error *e, enum error_kind kind, const char *param,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

const char *error_name(enum error_kind kind);
int error_status(enum error_kind kind);

/* The kind with that name; ERROR_UPSTREAM if there is none. */
enum error_kind error_kind_named(const char *name);

#endif
