/* SPDX-License-Identifier: MIT */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "code_oauth.h"
#include "connect_chat.h"
#include "files.h"
#include "platform_file.h"
#include "record.h"
#include "web_chat.h"
#include "web_token.h"

struct gate;
struct rule;

enum one_stream { ONE_STREAM_OFF, ONE_STREAM_HTTP, ONE_STREAM_EVENT };

struct settings {
	long lifetime; /* of an access token, seconds */
	bool rotate;   /* a refresh token works only once */
	bool record;   /* keep requests for GET /_fake/requests */
	enum one_stream one_stream;
	/* Concurrent streams per key, platform and Kimi Code; 0: no limit. */
	unsigned long streams_max;
	/* The status that an unavailable part of the service answers, or 0. */
	int connect, connect_refresh, legacy;
};

/* Everything that connections share; `lock` guards all of it. */
struct fake {
	pthread_mutex_t lock;
	struct settings settings;
	cJSON *code_allow; /* prefixes of agents' names; NULL: everybody */
	struct rule *rules;
	struct gate *gates;
	struct record record;
	struct web_chats chats;
	struct connect_chats connect_chats;
	struct kept_file *web_files;
	cJSON *models; /* of the Connect protocol; NULL: the usual */
	struct web_tokens tokens;
	struct platform_files platform_files;
	struct code_oauth oauth;
};

void fake_init(struct fake *fake);
/* Back to the start, except that revoked tokens stay revoked. */
void fake_reset(struct fake *fake);
void fake_fini(struct fake *fake);

#endif
