/* SPDX-License-Identifier: MIT */
/* Web search in the Connect protocol, as it was worded in 2025 and in 2026. */
#include <string.h>

#include "connect_voice.h"

/* The private-use marks around a citation of 2026. */
#define MARK_BEGIN "\xee\x8e\xa0" /* U+E3A0 */
#define MARK_NEXT "\xee\x8e\xa3"  /* U+E3A3 */
#define MARK_END "\xee\x8e\xa8"	  /* U+E3A8 */

static bool is_2025(const struct scene *scene)
{
	return strcmp(scene->search_shape, "2025") == 0;
}

static void put_member(struct text *t, const char *name, const cJSON *source,
		       const char *from)
{
	const char *value = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(source, from));

	text_printf(t, "\"%s\":", name);
	text_quote_string(t, value ? value : "");
}

/* What is known of a web page; the snippet is the source's, if it has one. */
static void put_page(struct text *t, const cJSON *source)
{
	text_put(t, "{");
	put_member(t, "title", source, "title");
	text_put(t, ",");
	put_member(t, "url", source, "url");
	text_put(t, ",");
	put_member(t, "siteName", source, "site_name");
	text_put(t, ",\"iconUrl\":\"\",");
	put_member(t, "snippet", source, "snippet");
	text_put(t, ",\"publishTime\":\"\"}");
}

static void put_result(struct text *t, const cJSON *source, int number)
{
	text_printf(t, "{\"id\":\"r%d\",\"refIndex\":\"web_search:1#%d\",",
		    number + 1, number);
	text_put(t, "\"base\":");
	put_page(t, source);
	text_put(t, "}");
}

static void tool_begun(struct plan *plan, struct connect_turn *turn)
{
	size_t begin = connect_event_begin(plan, turn, "set", NULL);

	text_printf(&plan->text,
		    ",\"block\":{\"id\":\"%u\",\"tool\":{\"toolCallId\":\"t1\","
		    "\"name\":\"web_search\",\"status\":\"STATUS_PENDING\"}}",
		    turn->block);
	connect_event_end(plan, begin);
}

/* The arguments: in parts, then whole. */
static void tool_called(struct plan *plan, struct connect_turn *turn)
{
	static const char *const parts[] = { "{\"queries\":", "[\"kimi\"]}" };
	size_t begin;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		begin = connect_event_begin(plan, turn, "append",
					    "block.tool.args");
		text_printf(&plan->text,
			    ",\"block\":{\"id\":\"%u\",\"tool\":{\"args\":",
			    turn->block);
		text_quote_string(&plan->text, parts[i]);
		text_put(&plan->text, "}}");
		connect_event_end(plan, begin);
	}
	begin = connect_event_begin(
		plan, turn, "set",
		"block.tool.args,block.tool.status,block.tool.toolCallId");
	text_printf(&plan->text,
		    ",\"block\":{\"id\":\"%u\",\"tool\":{\"args\":"
		    "\"{\\\"queries\\\":[\\\"kimi\\\"]}\",\"status\":"
		    "\"STATUS_RUNNING\",\"toolCallId\":\"web_search:1\"}}",
		    turn->block);
	connect_event_end(plan, begin);
}

static void tool_done(struct plan *plan, struct connect_turn *turn)
{
	size_t begin = connect_event_begin(
		plan, turn, "set", "block.tool.contents,block.tool.status");
	const cJSON *source;
	int number = 0;

	text_printf(&plan->text,
		    ",\"block\":{\"id\":\"%u\",\"tool\":{\"status\":"
		    "\"STATUS_DONE\",\"contents\":[",
		    turn->block);
	cJSON_ArrayForEach(source, plan->scene->search) {
		text_put(&plan->text, "{\"searchResult\":");
		put_result(&plan->text, source, number++);
		text_put(&plan->text, "},");
	}
	text_put(&plan->text, "{\"text\":\"not an answer\"}]}}");
	connect_event_end(plan, begin);
}

static void say_chunks(struct plan *plan, struct connect_turn *turn)
{
	size_t begin = connect_event_begin(plan, turn, "append",
					   "message.refs.searchChunks");
	const cJSON *source;
	int number = 0;

	text_put(&plan->text, ",\"message\":{\"refs\":{\"searchChunks\":[");
	cJSON_ArrayForEach(source, plan->scene->search) {
		text_put(&plan->text, number ? "," : "");
		put_result(&plan->text, source, number++);
	}
	text_put(&plan->text, "]}}");
	connect_event_end(plan, begin);
}

static void say_pages(struct plan *plan, struct connect_turn *turn)
{
	const cJSON *source;
	size_t begin;

	begin = connect_event_begin(plan, turn, "append",
				    "block.search.keywords");
	text_printf(&plan->text,
		    ",\"block\":{\"id\":\"%u\",\"search\":{\"keywords\":"
		    "[\"kimi\"]}}",
		    turn->block);
	connect_event_end(plan, begin);
	cJSON_ArrayForEach(source, plan->scene->search) {
		begin = connect_event_begin(plan, turn, "append",
					    "block.search.webPages");
		text_printf(&plan->text,
			    ",\"block\":{\"id\":\"%u\",\"search\":{"
			    "\"webPages\":[",
			    turn->block);
		put_page(&plan->text, source);
		text_put(&plan->text, "]}}");
		connect_event_end(plan, begin);
	}
}

static void say_refs(struct plan *plan, struct connect_turn *turn)
{
	const cJSON *source;
	int number = 0;

	cJSON_ArrayForEach(source, plan->scene->search) {
		size_t begin = connect_event_begin(plan, turn, "append", "ref");

		number++;
		text_printf(&plan->text,
			    ",\"ref\":{\"id\":\"%d\",\"search\":{\"id\":\"r%d\""
			    ",\"base\":",
			    number, number);
		put_page(&plan->text, source);
		text_put(&plan->text, "}}");
		connect_event_end(plan, begin);
	}
}

void connect_say_search(struct plan *plan, void *context)
{
	struct connect_turn *turn = context;

	if (!plan->scene->search || !turn->request.searches)
		return;
	turn->block++;
	if (is_2025(plan->scene)) {
		say_pages(plan, turn);
		say_refs(plan, turn);
	} else {
		tool_begun(plan, turn);
		tool_called(plan, turn);
		tool_done(plan, turn);
		say_chunks(plan, turn);
	}
}

void connect_cite(const struct scene *scene, struct text *answer)
{
	int sources = cJSON_GetArraySize(scene->search);

	for (int i = 0; i < sources; i++) {
		if (is_2025(scene))
			text_printf(answer, " [^%d^]", i + 1);
		else
			text_printf(answer,
				    " " MARK_BEGIN "cite" MARK_NEXT
				    "web_search:1#%d" MARK_END,
				    i);
	}
}
