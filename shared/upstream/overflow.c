/* SPDX-License-Identifier: MIT */
/* The words for "too much input", and the numbers among them. */
#include "upstream/overflow.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_PER_TOKEN 4
#define START 2000 /* of a text: that much is looked at */

/* Wildcards, in upper or lower case. None of them fits what is said about
 * rates, quotas or the length of one field. */
static const char *const words[] = {
	/* Types and codes. */
	"*context_length_exceeded*",
	"*context_window_exceeded*",
	"*contextwindowexceeded*",
	"*context_too_l*",
	"*token_length_too_long*",
	"*prompt_too_long*",
	"*input_too_long*",

	/* Kimi. */
	"*exceed*model token limit*",
	"*token length too long*",
	"*total message size*exceed*",
	"*plan*up to *context*",
	"*input length*too long*",
	"*input*max_tokens*exceed*context*",

	/* Others. */
	"*maximum context length*",
	"*max* context length*exceed*",
	"*context length*exceed*",
	"*exceed*context length*",
	"*exceed*context limit*",
	"*exceed*context size*",
	"*exceed*context window*",
	"*context window*exceed*",
	"*longer than*context length*",
	"*greater than*context length*",
	"*prompt is too long*",
	"*prompt too long*",
	"*input is too long*",
	"*input too long*",
	"*maximum prompt length*",
	"*input token*exceed*",
	"*maximum*input length*",
	"*reduce the length of the*",
	"*inputs*tokens*max_new_tokens*must be*",
	"*上下文*超*",
	"*超*上下文*",
	"*输入*过长*",
	"*输入*超*长*",
};

bool overflow_says(const char *text)
{
	char start[START];

	if (text == NULL)
		return false;
	snprintf(start, sizeof(start), "%s", text);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (fnmatch(words[i], start, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

/* The number after a mark: "262144", "256K", "1M"; 0 if there is none. */
static int64_t number_after(const char *text, const char *mark)
{
	const char *p = strcasestr(text, mark);
	int64_t n = 0;
	char *end;

	if (p == NULL)
		return 0;
	n = strtoll(p + strlen(mark), &end, 10);
	if (n <= 0 || n > INT32_MAX)
		return 0;
	if (*end == 'K' || *end == 'k')
		n *= 1024;
	else if (*end == 'M' && n <= INT32_MAX / 1024)
		n *= 1024 * 1024;
	return n;
}

static int64_t first_of(const char *text, const char *const *marks)
{
	int64_t n = 0;

	for (; *marks != NULL && n == 0; marks++)
		n = number_after(text, *marks);
	return n;
}

struct overflow overflow_read(const char *message)
{
	static const char *const max[] = { "token limit: ",
					   "context length is ",
					   "context length is only ",
					   "context length: ",
					   "context length (",
					   "context length of ",
					   "prompt length is ",
					   " tokens > ",
					   "up to ",
					   "exceeds the limit of ",
					   "tokens allowed (",
					   NULL };
	static const char *const asked[] = {
		"requested: ",	   "requested about ",
		"requested ",	   "resulted in ",
		"too long: ",	   "input (",
		"input length (",  "token count (",
		"token count of ", NULL
	};
	struct overflow o = { number_after(message, "exceeds limit "),
			      number_after(message, "message size "), false };

	if (o.max_tokens > 0) {
		o.max_tokens /= BYTES_PER_TOKEN;
		o.prompt_tokens /= BYTES_PER_TOKEN;
		o.bytes = true;
		return o;
	}
	o.max_tokens = first_of(message, max);
	o.prompt_tokens = first_of(message, asked);
	return o;
}
