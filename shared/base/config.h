/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum config_protocol {
	CONFIG_PROTOCOL_AUTO,
	CONFIG_PROTOCOL_CURRENT,
	CONFIG_PROTOCOL_LEGACY,
};

/*
 * All settings. They come from a file of KEY=VALUE lines and from the
 * environment, which wins. The table in config.c names, bounds and explains
 * each. Texts live as long as the arena given to config_load; lists are
 * comma-separated text, NULL when the setting is absent. URLs have no slash
 * at their end.
 */
struct config {
	const char *tokens;		   /* KIMI_TOKENS */
	const char *auth_keys;		   /* DEFAULT_AUTHKEYS */
	const char *db_path;		   /* KIMI_DB */
	const char *log_path;		   /* KIMI_LOG */
	const char *web_urls;		   /* KIMI_WEB_URL */
	const char *auth_urls;		   /* KIMI_AUTH_URL */
	const char *platform_urls;	   /* MOONSHOT_URL */
	const char *code_urls;		   /* KIMI_CODE_URL */
	const char *code_headers;	   /* KIMI_CODE_HEADERS */
	const char *code_client_id;	   /* KIMI_CODE_CLIENT_ID */
	const char *model_aliases;	   /* KIMI_MODEL_ALIASES */
	const char *vocabulary;		   /* KIMI_VOCABULARY */
	const char *ca_path;		   /* KIMI_CA_PATH */
	const char *cors_origins;	   /* KIMI_CORS_ORIGINS */
	const char *prefix;		   /* KIMI_PREFIX */
	bool allow_custom_tokens;	   /* ALLOW_CUSTOM_TOKENS */
	bool debug;			   /* DEBUG */
	bool web_tools;			   /* KIMI_WEB_TOOLS */
	bool fetch;			   /* KIMI_FETCH */
	enum config_protocol web_protocol; /* KIMI_WEB_PROTOCOL */
	int64_t web_slots;		   /* KIMI_WEB_STREAMS; 0: no limit */
	int64_t code_slots;		   /* KIMI_CODE_STREAMS; 0: no limit */
	int64_t platform_slots;	       /* KIMI_PLATFORM_STREAMS; 0: no limit */
	int64_t workers;	       /* KIMI_WORKERS */
	int64_t max_body;	       /* KIMI_MAX_BODY, bytes */
	int64_t max_file;	       /* KIMI_MAX_FILE, bytes */
	int64_t file_space;	       /* KIMI_FILE_SPACE, bytes */
	int64_t add_items;	       /* KIMI_ADD_ITEMS */
	int64_t conversation_items;    /* KIMI_CONVERSATION_ITEMS */
	int64_t keepalive_ms;	       /* KIMI_KEEPALIVE */
	int64_t drain_ms;	       /* KIMI_DRAIN; -1: not set */
	int64_t conversation_wait_ms;  /* KIMI_CONVERSATION_WAIT */
	int64_t connect_timeout_ms;    /* KIMI_CONNECT_TIMEOUT */
	int64_t first_byte_timeout_ms; /* KIMI_FIRST_BYTE_TIMEOUT */
	int64_t read_timeout_ms;       /* KIMI_READ_TIMEOUT */
	int64_t queue_ms;	       /* KIMI_QUEUE */
	int64_t resume_ms;	       /* KIMI_RESUME */
	int64_t models_ttl_ms;	       /* KIMI_MODELS_TTL */
};

/*
 * Reads the file at `path` (NULL: none) and then the process environment. A
 * setting that is unknown in the file or has a bad value is an error that
 * names it; its value is never part of the message.
 */
bool config_load(struct config *c, struct arena *a, const char *path,
		 struct error *e);

/*
 * Whether requests may go there: https anywhere, plain http to loopback only.
 * No user, query or fragment.
 */
bool config_url_allowed(const char *url);

/* Calls `each` for every entry of a comma list, blanks trimmed. */
void config_list(const char *list, struct arena *a,
		 void (*each)(void *ctx, const char *entry), void *ctx);

/* The entry of a comma list at `index`, in the arena; NULL past its end. */
const char *config_list_at(const char *list, size_t index, struct arena *a);

/* Prints the table of settings, for --help. */
void config_print_help(int fd);

#endif
