/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config_list.h"
#include "base/log.h"

enum config_protocol {
	CONFIG_PROTOCOL_AUTO,
	CONFIG_PROTOCOL_CURRENT,
	CONFIG_PROTOCOL_LEGACY,
};

struct config_alias {
	const char *pattern; /* of client's names, as in the shell: gpt-* */
	const char *model;
};

struct config_aliases {
	const struct config_alias *items;
	size_t n;
};

/*
 * All settings. They come from a file of NAME=value lines and from the
 * environment, which wins; config_table.c names, bounds and explains each.
 * Everything here lives as long as the arena given to config_load. A text is
 * NULL when its setting is absent; URLs never end in a slash.
 */
struct config {
	struct config_list tokens;	     /* KIMI_TOKENS */
	struct config_list auth_keys;	     /* DEFAULT_AUTHKEYS */
	struct config_list web_urls;	     /* KIMI_WEB_URL */
	struct config_list auth_urls;	     /* KIMI_AUTH_URL */
	struct config_list platform_urls;    /* MOONSHOT_URL */
	struct config_list code_urls;	     /* KIMI_CODE_URL */
	struct config_list code_headers;     /* KIMI_CODE_HEADERS */
	struct config_list cors_origins;     /* KIMI_CORS_ORIGINS */
	struct config_aliases model_aliases; /* KIMI_MODEL_ALIASES */
	const char *code_client_id;	     /* KIMI_CODE_CLIENT_ID */
	const char *db_path;		     /* KIMI_DB */
	const char *log_path;		     /* KIMI_LOG */
	const char *vocabulary;		     /* KIMI_VOCABULARY */
	const char *ca_path;		     /* KIMI_CA_PATH */
	const char *prefix;		     /* KIMI_PREFIX */
	const char *time_zone;		     /* KIMI_TIMEZONE */
	bool allow_custom_tokens;	     /* ALLOW_CUSTOM_TOKENS */
	bool debug;			     /* DEBUG */
	bool web_tools;			     /* KIMI_WEB_TOOLS */
	bool fetch;			     /* KIMI_FETCH */
	enum config_protocol web_protocol;   /* KIMI_WEB_PROTOCOL */
	enum log_format log_format;	     /* KIMI_LOG_FORMAT */
	int64_t web_slots;		     /* KIMI_WEB_STREAMS; 0: no limit */
	int64_t code_slots;	    /* KIMI_CODE_STREAMS; 0: no limit */
	int64_t platform_slots;	    /* KIMI_PLATFORM_STREAMS; 0: no limit */
	int64_t workers;	    /* KIMI_WORKERS */
	int64_t max_body;	    /* KIMI_MAX_BODY, bytes */
	int64_t memory;		    /* KIMI_MEMORY, bytes; 0: absent */
	int64_t max_file;	    /* KIMI_MAX_FILE, bytes */
	int64_t file_space;	    /* KIMI_FILE_SPACE, bytes */
	int64_t keep_days;	    /* KIMI_KEEP_DAYS; 0: for ever */
	int64_t key_space;	    /* KIMI_KEY_SPACE, bytes */
	int64_t max_db;		    /* KIMI_MAX_DB, bytes; 0: no limit */
	int64_t stranger_space;	    /* KIMI_STRANGER_SPACE, bytes */
	int64_t stranger_requests;  /* KIMI_STRANGER_REQUESTS; 0: no limit */
	int64_t stranger_tokens;    /* KIMI_STRANGER_TOKENS; 0: no limit */
	int64_t conversation_items; /* KIMI_CONVERSATION_ITEMS */
	int64_t keepalive_ms;	    /* KIMI_KEEPALIVE */
	int64_t drain_ms;	    /* KIMI_DRAIN; -1: absent */
	int64_t read_timeout_ms;    /* KIMI_READ_TIMEOUT */
	int64_t queue_ms;	    /* KIMI_QUEUE */
	int64_t resume_ms;	    /* KIMI_RESUME */
	int64_t models_ttl_ms;	    /* KIMI_MODELS_TTL */
	bool unread;		  /* the file cannot be read: no key is known */
	const char *tokens_place; /* of KIMI_TOKENS: "kimi.conf line 7" */
	struct config_list notices; /* about retired settings, for the log */
};

#endif
