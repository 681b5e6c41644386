/* SPDX-License-Identifier: MIT */
/* Private to config*.c: the table of settings. */
#ifndef BASE_CONFIG_TABLE_INTERNAL_H
#define BASE_CONFIG_TABLE_INTERNAL_H

#include "base/config.h"

#define CONFIG_DEFAULT_WEB "https://www.kimi.com,https://www.kimi.ai"
#define CONFIG_DEFAULT_AUTH "https://auth.kimi.com,https://auth.kimi.ai"

enum setting_kind {
	SETTING_TEXT,
	SETTING_LIST,	 /* separated by commas */
	SETTING_SECRETS, /* the same, never shown */
	SETTING_HEADERS, /* "Name: value", separated by bars */
	SETTING_ALIASES, /* pattern=model, separated by commas */
	SETTING_URLS,	 /* separated by commas */
	SETTING_BOOLEAN,
	SETTING_COUNT,
	SETTING_SECONDS, /* stored in milliseconds */
	SETTING_PROTOCOL,
	SETTING_LOG_FORMAT,
};

enum setting_group {
	GROUP_CREDENTIALS,
	GROUP_KEYS,
	GROUP_MODELS,
	GROUP_STORAGE,
	GROUP_LIMITS,
	GROUP_NETWORK,
	GROUP_LOG,
};

struct setting {
	enum setting_group group;
	enum setting_kind kind;
	const char *name;
	size_t offset;	      /* in struct config */
	const char *fallback; /* NULL: absent */
	double min, max;      /* of counts and seconds */
	const char *help;     /* a phrase, without a full stop */
};

/* A setting of earlier versions: accepted without effect. */
struct setting_retired {
	const char *name;
	const char *instead; /* a sentence */
};

/* Both end with a row without a name. */
extern const struct setting config_settings[];
extern const struct setting_retired config_retired[];

const struct setting *config_setting_find(const char *name);
const struct setting_retired *config_retired_find(const char *name);

/* What the sample shows for a setting that has no default, and nobody means;
 * NULL: nothing. */
const char *config_setting_example(const char *name);

/* The setting that was probably meant; NULL if no name is near. */
const char *config_setting_near(const char *name);

#endif
