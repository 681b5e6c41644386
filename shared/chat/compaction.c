/* SPDX-License-Identifier: MIT */
/* Asks for summaries of conversations, and puts them into their places. */
#include "chat/compaction.h"

#include <string.h>

#include "base/text.h"
#include "chat/reply.h"

/* Of the user's own words so much stays: 64k tokens, as OpenAI keeps. */
#define KEPT_BYTES (256 * 1024)

static const char ask[] =
	"The conversation above is about to be replaced by a summary that you "
	"write now. Whoever continues it, probably you, will see only the "
	"user's latest messages and your summary. So write down everything "
	"that is needed to go on without asking again:\n"
	"- what the user wants, with all requirements, preferences and limits "
	"that they stated;\n"
	"- what has been decided, and why;\n"
	"- what has been done, and the state of every file, command, test or "
	"other thing that matters, with exact paths, names, values and error "
	"messages;\n"
	"- what was found out, including what did not work;\n"
	"- what remains to be done, and the very next step.\n"
	"If there is an earlier summary above, carry over what still holds. Be "
	"complete but brief. Do not call tools, do not continue the work and do "
	"not address the user: reply with the summary alone.";

static const char introduction[] =
	"This is a summary of the earlier conversation, which it replaces. "
	"Only messages of the user may be left of that, above. Go on from "
	"here:\n\n";

static struct chat_message from_user(const char *text, struct arena *a)
{
	struct chat_part *part = arena_alloc(a, sizeof(*part));

	part->text = text;
	return (struct chat_message){ .role = CHAT_USER,
				      .parts = part,
				      .n_parts = 1 };
}

static size_t length(const struct chat_message *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_parts; i++)
		if (m->parts[i].kind == CHAT_PART_TEXT)
			n += strlen(m->parts[i].text);
	return n;
}

/* From which message on the user's fit; the last one always does. */
static size_t first_kept(const struct chat_message *messages, size_t n)
{
	size_t room = KEPT_BYTES, first = n;

	for (size_t i = n; i-- > 0;) {
		size_t bytes = length(&messages[i]);

		if (messages[i].role != CHAT_USER)
			continue;
		if (bytes > room && first < n)
			break;
		room -= bytes < room ? bytes : room;
		first = i;
	}
	return first;
}

size_t chat_compaction_kept(const struct chat_message *messages, size_t n,
			    struct chat_message *kept)
{
	size_t n_kept = 0;

	for (size_t i = first_kept(messages, n); i < n; i++)
		if (messages[i].role == CHAT_USER)
			kept[n_kept++] = messages[i];
	return n_kept;
}

/* The index of the last summary; n: there is none. */
static size_t last_summary(const struct chat_request *q)
{
	for (size_t i = q->n_messages; i-- > 0;)
		if (q->messages[i].compacts)
			return i;
	return q->n_messages;
}

static void replace(struct chat_request *q, size_t summary, struct arena *a)
{
	const struct chat_message *in = q->messages;
	struct chat_message *out = arena_array(a, q->n_messages, sizeof(*out));
	size_t first = first_kept(in, summary), n = 0;

	for (size_t i = 0; i < summary; i++)
		if (in[i].role == CHAT_SYSTEM ||
		    (in[i].role == CHAT_USER && i >= first))
			out[n++] = in[i];
	out[n++] = from_user(arena_printf(a, "%s%s", introduction,
					  chat_message_text(&in[summary], a)),
			     a);
	for (size_t i = summary + 1; i < q->n_messages; i++)
		out[n++] = in[i];
	q->messages = out;
	q->n_messages = n;
}

static void ask_for_summary(struct chat_request *q, struct arena *a)
{
	struct chat_message *all =
		arena_array(a, q->n_messages + 1, sizeof(*all));

	if (q->n_messages > 0)
		memcpy(all, q->messages, q->n_messages * sizeof(*all));
	all[q->n_messages++] = from_user(ask, a);
	q->messages = all;
	q->tool_choice = CHAT_TOOLS_NONE;
	q->search = CHAT_SEARCH_OFF;
	q->format = CHAT_FORMAT_TEXT;
}

bool chat_compaction_apply(struct chat_request *q, struct arena *a)
{
	size_t summary = last_summary(q);
	bool replaced = summary < q->n_messages;

	if (q->compacts) {
		struct chat_message *kept =
			arena_array(a, q->n_messages, sizeof(*kept));

		q->n_kept =
			chat_compaction_kept(q->messages, q->n_messages, kept);
		q->kept = kept;
	}
	if (replaced)
		replace(q, summary, a);
	if (q->compacts)
		ask_for_summary(q, a);
	return replaced || q->compacts;
}

bool chat_compaction_done(const struct chat_reply *reply)
{
	size_t n = reply->text.len;

	text_trim(buf_text(&reply->text), &n);
	return reply->finish == CHAT_FINISH_STOP && reply->n_calls == 0 &&
	       n > 0;
}
