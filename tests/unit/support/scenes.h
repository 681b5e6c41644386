/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SCENES_H
#define SUPPORT_SCENES_H

/* What clients ask and what Kimi answers, for tables of struct replay_answer. */

#define CHAT "/v1/chat/completions"
#define CONVERSATION CHAT "/mine"
#define SAYS(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define ANSWERED(text) "{\"role\":\"assistant\",\"content\":\"" text "\"}"
#define WEB(messages) "{\"model\":\"k2\",\"messages\":[" messages "]}"
#define STREAM(messages)                                                       \
	"{\"model\":\"k2\",\"stream\":true,\"messages\":[" messages "]}"
#define PLATFORM(messages) "{\"model\":\"kimi-k3\",\"messages\":[" messages "]}"

#define CMPL(text) "data: {\"event\":\"cmpl\",\"text\":\"" text "\"}\n\n"
#define ALL_DONE "data: {\"event\":\"all_done\"}\n\n"
#define DELTA(text)                                                            \
	"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text      \
	"\"},\"finish_reason\":null}]}\n\n"
#define END                                                                    \
	"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"     \
	"\"stop\"}]}\n\ndata: [DONE]\n\n"

/* Rows of a table of answers. */
#define CREATES(id)                                                            \
	{                                                                      \
		.method = "POST", .path = "/api/chat", .status = 200,          \
		.body = "{\"id\":\"" id "\"}"                                  \
	}
#define COMPLETES(id, code, text)                                              \
	{                                                                      \
		.method = "POST", .path = "/api/chat/" id "/completion",       \
		.status = (code), .body = (text)                               \
	}
#define DELETES(id)                                                            \
	{                                                                      \
		.method = "DELETE", .path = "/api/chat/" id, .status = 200,    \
		.body = "{}"                                                   \
	}
#define PLATFORM_SAYS(code, text)                                              \
	{                                                                      \
		.method = "POST", .path = "/chat/completions",                 \
		.status = (code), .body = (text)                               \
	}

#endif
