/* SPDX-License-Identifier: MIT */
/* Completions of Kimi web's legacy protocol: what it answers, as SSE whose
 * events have their kind inside the JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "peer.h"
#include "plan.h"
#include "scene.h"
#include "stream.h"
#include "web.h"

#define K1_AGENT "crm40ee9e5jvhsn7ptcg"
#define DEFAULT_THOUGHT "Thinking about what the user said."

/* One completion: borrowed strings, but `answer`. */
struct turn {
	const char *chat, *owner, *said;
	const char *segment; /* of an answer to be continued, or NULL */
	bool thinks, searches, pushed;
	char id[20];
	const cJSON *refs; /* its files */
	struct text answer, attached;
};

static const char *const noise[] = {
	"data: {\"event\":\"ping\"}\n\n",
	"data: {\"event\":\"loading\",\"loading\":true}\n\n",
	": a comment\n\n",
	"data: {\"event\":\"zone_set\",\"idx_z\":0,\"zone\":{\"idx\":0,"
	"\"type\":\"normal\"}}\n\n",
	"data: {\"event\":\"rename\",\"text\":\"A chat\"}\n\n",
	"data: {\"event\":\"from_the_future\",\"text\":\"not an answer\","
	"\"payload\":[1,{\"text\":\"nor this\"}]}\n\n",
	"data: {\"event\":\"status\",\"status\":\"running\"}\n\n",
	"data: {\"event\":\"search_info\",\"info\":{}}\n\n",
	"id: 7\nretry: 1000\ndata: {\"event\":\"debug\",\"text\":\"x\"}\n\n",
	"data: {\"event\":\"done\"}\n\n",
	NULL,
};

static void say_open(struct plan *plan, void *context)
{
	const struct turn *turn = context;
	const cJSON *ref;

	text_printf(&plan->text,
		    "data: {\"event\":\"req\",\"id\":\"r-%s\",\"group_id\":"
		    "\"g-%s\",\"content\":",
		    turn->id, turn->id);
	text_quote_string(&plan->text, turn->said);
	text_put(&plan->text, ",\"refs\":[");
	cJSON_ArrayForEach(ref, turn->refs) {
		text_put(&plan->text, ref == turn->refs->child ? "" : ",");
		text_quote_string(&plan->text, ref->valuestring);
	}
	text_put(&plan->text, "]}\n\n");
	plan_event(plan);
	text_printf(&plan->text,
		    "data: {\"event\":\"resp\",\"id\":\"s-%s\",\"group_id\":"
		    "\"g-%s\"}\n\n",
		    turn->id, turn->id);
	plan_event(plan);
}

static void say_error_body(struct plan *plan, const cJSON *error)
{
	char *printed = cJSON_PrintUnformatted(error);

	text_printf(&plan->text, "data: {\"event\":\"error\",\"error\":%s}\n\n",
		    printed);
	cJSON_free(printed);
	plan_event(plan);
}

static void say_fail(struct plan *plan, void *context)
{
	const struct turn *turn = context;

	if (!turn->pushed && plan->scene->error) {
		say_error_body(plan, plan->scene->error);
		return;
	}
	text_put(&plan->text,
		 turn->pushed ?
			 "data: "
			 "{\"event\":\"error\",\"error\":{\"error_type\":"
			 "\"chat.user_stream_pushing\",\"message\":"
			 "\"您有一个正在进行的对话，请稍后再试\"}}\n\n" :
			 "data: "
			 "{\"event\":\"error\",\"error\":{\"error_type\":"
			 "\"openai.completion.stream\",\"message\":"
			 "\"Kimi 有点累了，请稍后再试\"}}\n\n");
	plan_event(plan);
}

static void add_member(struct text *t, const cJSON *from, const char *name)
{
	const char *value = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(from, name));

	text_printf(t, ",\"%s\":", name);
	text_quote_string(t, value ? value : "");
}

static void say_found(struct plan *plan, const cJSON *source, int number)
{
	text_printf(&plan->text,
		    "data: {\"event\":\"search_plus\",\"msg\":{\"type\":"
		    "\"get_res\",\"successNum\":%d",
		    number);
	add_member(&plan->text, source, "title");
	add_member(&plan->text, source, "url");
	add_member(&plan->text, source, "site_name");
	text_put(&plan->text, "}}\n\n");
	plan_event(plan);
}

/* The sources once more in one list, as the service shows them. */
static void say_cards(struct plan *plan, const cJSON *sources, const char *head)
{
	const cJSON *source;
	int number = 0;

	text_put(&plan->text, head);
	cJSON_ArrayForEach(source, sources) {
		text_printf(&plan->text, "%s{\"idx\":%d", number ? "," : "",
			    number);
		add_member(&plan->text, source, "title");
		add_member(&plan->text, source, "url");
		text_put(&plan->text, "}");
		number++;
	}
	text_put(&plan->text, "]}\n\n");
	plan_event(plan);
}

static void say_search(struct plan *plan, void *context)
{
	const struct turn *turn = context;
	const cJSON *sources = plan->scene->search, *source;
	int number = 0;

	if (!sources || !turn->searches)
		return;
	text_put(&plan->text, "data: {\"event\":\"search_plus\",\"msg\":"
			      "{\"type\":\"start\"},\"view\":\"cmpl\"}\n\n");
	plan_event(plan);
	text_printf(&plan->text,
		    "data: {\"event\":\"search_plus\",\"msg\":{\"type\":"
		    "\"start_res\",\"successNum\":%d}}\n\n",
		    cJSON_GetArraySize(sources));
	plan_event(plan);
	cJSON_ArrayForEach(source, sources)
		say_found(plan, source, ++number);
	if (turn->thinks)
		say_cards(plan, sources,
			  "data: {\"event\":\"k1\",\"type\":\"search_results\","
			  "\"search_results\":[");
	say_cards(plan, sources,
		  "data: {\"event\":\"ref_docs\",\"ref_cards\":[");
}

static void say_reasoning(struct plan *plan, void *context, const char *text,
			  size_t n)
{
	(void)context;
	text_put(&plan->text, "data: {\"event\":\"k1\",\"text\":");
	text_quote(&plan->text, text, n);
	text_put(&plan->text, ",\"view\":\"cmpl\"}\n\n");
	plan_event(plan);
}

static void say_content(struct plan *plan, void *context, const char *text,
			size_t n)
{
	(void)context;
	text_put(&plan->text, "data: {\"event\":\"cmpl\",\"idx_s\":0,"
			      "\"idx_z\":0,\"text\":");
	text_quote(&plan->text, text, n);
	text_put(&plan->text, ",\"view\":\"cmpl\"}\n\n");
	plan_event(plan);
}

static bool is_cut_short(const struct scene *scene)
{
	return scene->finish_reason &&
	       strcmp(scene->finish_reason, "length") == 0;
}

static void say_finish(struct plan *plan, void *context)
{
	(void)context;
	if (!is_cut_short(plan->scene))
		return;
	text_put(&plan->text, "data: {\"event\":\"length\"}\n\n");
	plan_event(plan);
}

static void say_close(struct plan *plan, void *context)
{
	(void)context;
	text_put(&plan->text, "data: {\"event\":\"all_done\"}\n\n");
	plan_event(plan);
}

static const struct voice voice = {
	.noise = noise,
	.open = say_open,
	.search = say_search,
	.reasoning = say_reasoning,
	.content = say_content,
	.fail = say_fail,
	.finish = say_finish,
	.close = say_close,
};

static bool word_in(const cJSON *json, const char *name, const char *word)
{
	const char *value = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(json, name));

	return value && strcmp(value, word) == 0;
}

/* Only the first message counts; NULL if it is not a user's. */
static const char *first_message(const cJSON *json)
{
	const cJSON *first = cJSON_GetArrayItem(
		cJSON_GetObjectItemCaseSensitive(json, "messages"), 0);
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(first, "content"));

	return word_in(first, "role", "user") && text && *text ? text : NULL;
}

static void turn_read(struct turn *turn, const struct exchange *ex,
		      const char *owner)
{
	const cJSON *json = ex->json;

	*turn = (struct turn){ .chat = ex->parameter, .owner = owner };
	turn->said = first_message(json);
	turn->refs = cJSON_GetObjectItemCaseSensitive(json, "refs");
	if (word_in(json, "action", "continue"))
		turn->segment = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(json, "segment_id"));
	turn->thinks = word_in(json, "model", "k1.5") ||
		       word_in(json, "kimiplus_id", K1_AGENT);
	turn->searches = cJSON_IsTrue(
		cJSON_GetObjectItemCaseSensitive(json, "use_search"));
	(void)snprintf(turn->id, sizeof(turn->id), "%016" PRIx64,
		       (uint64_t)clock_day_us());
}

/* Finds the answer; false: the chat, or the segment, is not there. */
static bool turn_answer(struct fake *fake, struct turn *turn,
			const struct scene *scene)
{
	struct text told = { 0 }, *answer = &turn->answer;

	if (turn->segment)
		return web_chat_resume(fake, turn->owner, turn->chat,
				       turn->segment, answer);
	if (!web_chat_say(fake, turn->owner, turn->chat, turn->said, &told))
		return false;
	for (int i = 0; scene->answer && i < scene->repeat; i++)
		text_put(answer, scene->answer);
	if (!scene->answer && scene_recalls(turn->said))
		text_printf(answer, "I remember: %s", told.at);
	else if (!scene->answer)
		text_printf(answer, "This is the fake Kimi. You said: %s",
			    turn->said);
	if (!scene->answer)
		text_add(answer, turn->attached.at, turn->attached.length);
	text_add(answer, "", 0);
	text_fini(&told);
	return true;
}

static enum MHD_Result turn_stream(struct exchange *ex, struct turn *turn,
				   const struct scene *scene,
				   struct ticket *ticket)
{
	const char *thought = turn->thinks && !turn->segment ? DEFAULT_THOUGHT :
							       "";
	struct plan plan = { 0 };
	char segment[32];

	if (scene->reasoning)
		thought = scene->reasoning;
	plan_compose(&plan, scene, &voice, turn, thought, turn->answer.at);
	if (is_cut_short(scene)) {
		(void)snprintf(segment, sizeof(segment), "r-%s", turn->id);
		(void)web_chat_cut(ex->fake, turn->owner, turn->chat, segment,
				   scene->continued ? scene->continued :
						      " And this is the rest.");
	}
	return stream_send(ex, scene, &plan, ticket);
}

/* The user already has a stream: reported by a status, or by an event. */
static enum MHD_Result turn_pushed(struct exchange *ex, struct turn *turn,
				   struct scene *scene, enum one_stream how)
{
	struct plan plan = { 0 };

	if (how == ONE_STREAM_HTTP)
		return exchange_failure(ex, &web_service, 429);
	turn->pushed = true;
	scene_fini(scene);
	scene->error_after = 0;
	plan_compose(&plan, scene, &voice, turn, "", "");
	return stream_send(ex, scene, &plan,
			   record_open(ex->fake, turn->owner, false));
}

static enum MHD_Result turn_play(struct exchange *ex, struct turn *turn,
				 struct scene *scene)
{
	struct fake *fake = ex->fake;
	enum one_stream alone;
	struct ticket *ticket;

	pthread_mutex_lock(&fake->lock);
	alone = fake->settings.one_stream;
	pthread_mutex_unlock(&fake->lock);
	ticket = record_open(fake, turn->owner, alone != ONE_STREAM_OFF);
	if (!ticket)
		return turn_pushed(ex, turn, scene, alone);
	if (!exchange_delay(ex, scene)) {
		record_close(fake, ticket, TICKET_ABORTED);
		return MHD_NO;
	}
	if (!turn_answer(fake, turn, scene)) {
		record_close(fake, ticket, TICKET_UNCOUNTED);
		return web_no_chat(ex, scene);
	}
	return turn_stream(ex, turn, scene, ticket);
}

/* False unless each file is one of the user's and was parsed. */
static bool refs_read(struct turn *turn, struct fake *fake)
{
	const cJSON *ref;

	cJSON_ArrayForEach(ref, turn->refs)
		if (!cJSON_IsString(ref) ||
		    !file_tell(fake, turn->owner, ref->valuestring,
			       &turn->attached))
			return false;
	return true;
}

static enum MHD_Result answer_turn(struct exchange *ex, struct scene *scene,
				   struct turn *turn)
{
	struct text why = { 0 };
	enum MHD_Result result;

	if (!turn->said)
		return exchange_failure(ex, &web_service, MHD_HTTP_BAD_REQUEST);
	if (!web_chat_exists(ex->fake, turn->owner, turn->chat))
		return web_no_chat(ex, scene);
	if (!refs_read(turn, ex->fake))
		return web_error(ex, scene, MHD_HTTP_BAD_REQUEST,
				 "file.not_found", "文件不存在");
	if (!scene->json &&
	    !scene_find(scene, web_last_turn(turn->said), true, &why)) {
		result = web_error(ex, NULL, MHD_HTTP_BAD_REQUEST,
				   "fake.scene.invalid", why.at);
		text_fini(&why);
		return result;
	}
	if (scene_is_plain(scene))
		return exchange_plain(ex, scene);
	return turn_play(ex, turn, scene);
}

enum MHD_Result web_answer_completion(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	enum MHD_Result result;
	struct turn turn;

	if (!owner)
		return web_unauthorized(ex, scene);
	turn_read(&turn, ex, owner);
	result = answer_turn(ex, scene, &turn);
	text_fini(&turn.answer);
	text_fini(&turn.attached);
	free(owner);
	return result;
}
