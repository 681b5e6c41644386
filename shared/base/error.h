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
	ERROR_UNSUPPORTED,    /* a field asks for something not supported */
	ERROR_CONTEXT_LENGTH, /* more input than the model accepts */
	ERROR_PREVIOUS,	      /* the reply to continue from is not stored */
	ERROR_CONTENT_FILTER, /* refused by Kimi's content policy */
	ERROR_API_KEY,	      /* the client's key is missing or wrong */
	ERROR_CREDENTIAL,     /* Kimi rejects the credential */
	ERROR_OUR_CREDENTIAL, /* … and it is this server's, not the client's */
	ERROR_ADMIN,	      /* only an admin key may do it */
	ERROR_FORBIDDEN,      /* Kimi does not allow this account to do it */
	ERROR_MODEL_NOT_ALLOWED, /* the API key may not use that model */
	ERROR_CLIENT_REFUSED,	 /* Kimi does not accept this program */
	ERROR_ROUTE,		 /* no such path */
	ERROR_MODEL,		 /* no such model */
	ERROR_NOT_FOUND,	 /* no such file, response or conversation */
	ERROR_METHOD,		 /* the path exists, the method does not */
	ERROR_BUSY,		 /* the conversation has another turn running */
	ERROR_TOO_LARGE,	 /* the body is over the limit */
	ERROR_SPACE,		 /* the caller may not keep any more */
	ERROR_ENCODING,	    /* the body's Content-Encoding is not supported */
	ERROR_UPGRADE,	    /* WebSocket is not supported */
	ERROR_REQUEST_RATE, /* the API key makes too many requests … */
	ERROR_TOKEN_RATE,   /* … or uses too many tokens, for a while … */
	ERROR_TOKEN_LIMIT,  /* … or wants more at once than it may have */
	ERROR_RATE_LIMIT,   /* Kimi asks to slow down */
	ERROR_QUOTA,	    /* money or quota of the account, or of the API
				 * key, is used up */
	ERROR_INTERNAL,	    /* our own mistake */
	ERROR_UPSTREAM,	    /* Kimi is broken, unreachable or cut off */
	ERROR_OVERLOADED,   /* Kimi is overloaded */
	ERROR_SETUP,	    /* this server is not set up correctly */
	ERROR_FULL,	    /* this server is at one of its limits */
	ERROR_STOPPING,	    /* this server is shutting down */
	ERROR_TIMEOUT,	    /* Kimi took too long */
	ERROR_CHAT_GONE,    /* Kimi no longer has the chat; never sent */
	ERROR_CLIENT_GONE,  /* the client left; nobody is listening */
	ERROR_KINDS
};

struct error {
	enum error_kind kind;
	int64_t retry_after_ms; /* 0: unknown */
	int64_t cooldown_ms;	/* of the credential; 0: that of the kind */
	int retries;		/* how many more attempts make sense */
	int status;		/* that Kimi answered with; 0: none */
	/* With ERROR_CONTEXT_LENGTH, as far as Kimi named them; 0: it did not.
	 * What the model accepts, and what the request has. */
	int64_t max_tokens, prompt_tokens;
	char param[96]; /* the offending field; "" if none */
	char message[512];
};

/* Fills `e`, replacing what it held. Always returns false, so that a function
 * can end with `return error_set(…)`. */
bool error_set(struct error *e, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a want of memory: ERROR_FULL. */
bool error_no_memory(struct error *e, int64_t bytes);

/* The same for a field of the request, by its path: `messages[2].role`. */
bool error_field(struct error *e, enum error_kind kind, const char *param,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

const char *error_name(enum error_kind kind);
int error_status(enum error_kind kind);

/* The kind of what failed with that errno: ERROR_FULL where the system is out of
 * descriptors or memory, else ERROR_SETUP. */
enum error_kind error_kind_of_errno(int number);

/* The kind with that name; ERROR_UPSTREAM if there is none. */
enum error_kind error_kind_named(const char *name);

#endif
