/* SPDX-License-Identifier: MIT */
/* Token counts from the length of texts, without a vocabulary. */
#include "tokens/estimate.h"

#include <string.h>

#include "base/utf8.h"

/* Special tokens that the chat templates of K2 add. */
#define PER_MESSAGE 4
#define PER_PROMPT 3
#define PER_REPLY 1 /* its end mark */
#define PER_CALL 5  /* 3, and 2 for the section of calls */

static bool is_han(uint32_t c)
{
	return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
	       (c >= 0x20000 && c <= 0x323AF) || (c >= 0xF900 && c <= 0xFAFF) ||
	       (c >= 0x2E80 && c <= 0x2FDF) || c == 0x3005 || c == 0x3007;
}

int64_t tokens_estimate_part(const char *p, size_t n)
{
	const char *end = p + n;
	size_t han = 0, others = 0;

	while (p < end) {
		const char *from = p;

		if ((unsigned char)*p < 0x80)
			p += utf8_ascii_length(p, (size_t)(end - p));
		else if (is_han(utf8_next(&p, end)))
			han++, from = p;
		others += (size_t)(p - from);
	}
	return (int64_t)(han * 13 + others * 5);
}

int64_t tokens_estimate_sum(int64_t twentieths)
{
	return (twentieths + 19) / 20;
}

int64_t tokens_estimate_text(const char *p, size_t n)
{
	return tokens_estimate_sum(tokens_estimate_part(p, n));
}

static int64_t estimate(const char *text)
{
	return text == NULL ? 0 : tokens_estimate_text(text, strlen(text));
}

static int64_t estimate_calls(const struct chat_call *calls, size_t n)
{
	int64_t tokens = 0;

	for (size_t i = 0; i < n; i++)
		tokens += PER_CALL + estimate(calls[i].name) +
			  estimate(calls[i].arguments);
	return tokens;
}

static int64_t estimate_message(const struct chat_message *m)
{
	int64_t tokens = PER_MESSAGE + estimate(m->name);

	for (size_t i = 0; i < m->n_parts; i++)
		tokens += m->parts[i].kind == CHAT_PART_TEXT ?
				  estimate(m->parts[i].text) :
				  TOKENS_PER_IMAGE;
	return tokens + estimate_calls(m->calls, m->n_calls);
}

int64_t tokens_estimate_prompt(const struct chat_request *request)
{
	int64_t tokens = PER_PROMPT + estimate(request->schema);

	for (size_t i = 0; i < request->n_messages; i++)
		tokens += estimate_message(&request->messages[i]);
	for (size_t i = 0; i < request->n_tools; i++)
		tokens += estimate(request->tools[i].name) +
			  estimate(request->tools[i].description) +
			  estimate(request->tools[i].parameters);
	return tokens;
}

struct chat_usage tokens_estimate(const struct chat_request *request,
				  const struct chat_reply *reply)
{
	struct chat_usage u = { .source = CHAT_USAGE_ESTIMATED,
				.prompt = tokens_estimate_prompt(request) };

	u.reasoning = tokens_estimate_text(buf_text(&reply->reasoning),
					   reply->reasoning.len);
	u.completion =
		PER_REPLY + u.reasoning +
		estimate_calls(reply->calls, reply->n_calls) +
		tokens_estimate_text(buf_text(&reply->text), reply->text.len);
	return u;
}
