/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_ATTACHED_H
#define SUPPORT_ATTACHED_H

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

/* Requests with images and documents, and what becomes of them. */

#define CODE_KEY "sk-kimi-unit0123456789abcdefghij"

#define PNG64 "iVBORw0KGgo=" /* its first eight bytes */
#define PNG "data:image/png;base64," PNG64
#define PDF "data:application/pdf;base64,JVBERi0xLjQ=" /* %PDF-1.4 */

#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define IMAGE(url)                                                             \
	"{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\"}}"
#define VIDEO(url)                                                             \
	"{\"type\":\"video_url\",\"video_url\":{\"url\":\"" url "\"}}"
#define BROUGHT(url, name)                                                     \
	"{\"type\":\"file\",\"file\":{\"file_data\":\"" url                    \
	"\",\"filename\":\"" name "\"}}"
#define KEPT "{\"type\":\"file\",\"file\":{\"file_id\":\"%s\"}}"
#define ASKS(model, parts)                                                     \
	"{\"model\":\"" model "\",\"messages\":[{\"role\":\"user\","           \
	"\"content\":[" parts "]}]}"

/* Answers for a table; the second answers any number of calls. */
#define SAID PLATFORM_SAYS(200, DELTA("Seen") END)
#define SAID_AGAIN                                                             \
	{                                                                      \
		.method = "POST", .path = "/chat/completions", .status = 200,  \
		.body = DELTA("Seen") END, .again = true                       \
	}
#define TAKES(id)                                                              \
	{                                                                      \
		.method = "POST", .path = "/files", .status = 200,             \
		.body = "{\"id\":\"" id "\",\"object\":\"file\"}"              \
	}
#define READS(id, code, text)                                                  \
	{                                                                      \
		.method = "GET", .path = "/files/" id "/content",              \
		.status = (code), .body = (text)                               \
	}

/* POST /v1/chat/completions; the whole response. */
const char *attached_ask(struct site *s, const char *body);

/* The same, which must be answered. */
void attached_seen(struct site *s, const char *body);

/* A response that says what is wrong with which field. */
void attached_refused(struct arena *a, const char *answer, const char *status,
		      const char *param, const char *message);

/* The id of a file that was uploaded with that API key. */
const char *attached_upload(struct site *s, const char *key, const char *name,
			    const char *bytes);

/* The body of the last call that Kimi got. */
const char *attached_body(const struct site *s);

#endif
