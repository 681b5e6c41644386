/* SPDX-License-Identifier: MIT */
/* Asks a server whether it is healthy, from outside, as its clients would. */
#include "cgi/health_check.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/version.h"
#include "http/client.h"

#define ANSWER_MS 4000

static const struct http_settings settings = {
	.peer = "The server",
	.user_agent = KIMI_USER_AGENT,
	.connect_ms = ANSWER_MS,
	.first_byte_ms = ANSWER_MS,
	.silence_ms = ANSWER_MS,
};

static bool ask(const char *url, struct http_reply *reply, struct error *e)
{
	const struct http_call call = {
		.method = "GET",
		.url = url,
		.max_ms = ANSWER_MS,
	};
	struct http_client client;
	bool ok;

	http_client_init(&client);
	client.settings = &settings;
	ok = http_client_send(&client, &call, reply, e);
	http_client_fini(&client);
	return ok;
}

int health_check(const char *url)
{
	struct http_reply reply;
	struct error e;
	bool answered, healthy;

	http_reply_init(&reply);
	answered = ask(url, &reply, &e);
	healthy = answered && reply.status == 200;
	if (!answered)
		fprintf(stderr, "%s\n", e.message);
	else if (!healthy)
		fprintf(stderr, "The server is not healthy: status %ld %.*s\n",
			reply.status, (int)reply.body.len,
			reply.body.len > 0 ? reply.body.p : "");
	buf_fini(&reply.body);
	return healthy ? 0 : 1;
}
