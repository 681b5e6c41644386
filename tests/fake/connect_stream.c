/* SPDX-License-Identifier: MIT */
/* The Chat call of Kimi web's Connect protocol: checked, put into its chat,
 * answered with a stream. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connect.h"
#include "connect_frame.h"
#include "connect_voice.h"
#include "fake.h"
#include "scene.h"
#include "stream.h"
#include "web.h"

#define DEFAULT_THOUGHT "Thinking about what the user said."

static void turn_fini(struct connect_turn *turn)
{
	connect_request_fini(&turn->request);
	text_fini(&turn->answer);
	text_fini(&turn->said);
	text_fini(&turn->attached);
}

/* False, and why, unless each file is one of the user's and was parsed. */
static bool files_read(struct connect_turn *turn, struct fake *fake,
		       const char *owner, struct text *why)
{
	const cJSON *block;

	cJSON_ArrayForEach(block, turn->request.blocks) {
		const cJSON *file = connect_member(block, "file");
		const char *id = connect_string(file, "id");
		const char *status = connect_string(file, "status");

		if (!file)
			continue;
		if (id && status && !strcmp(status, "PROCESS_STATUS_SUCCESS") &&
		    file_tell(fake, owner, id, &turn->attached))
			continue;
		text_put(why, "a file that is not there, or not parsed");
		return false;
	}
	return true;
}

/* The default reply. */
static void answer_default(struct connect_turn *turn, const struct scene *scene,
			   const char *told)
{
	const char *said = turn->request.said.at;

	if (scene_recalls(said))
		text_printf(&turn->answer, "I remember: %s", told);
	else
		text_printf(&turn->answer,
			    "This is the fake Kimi. You said: %s", said);
	text_add(&turn->answer, turn->attached.at, turn->attached.length);
	if (turn->request.searches)
		connect_cite(scene, &turn->answer);
}

static enum connect_said turn_say(struct fake *fake, const char *owner,
				  struct connect_turn *turn,
				  const struct scene *scene)
{
	const struct connect_request *request = &turn->request;
	const struct connect_post post = { .chat = request->chat,
					   .parent = request->parent,
					   .message = request->said.at };
	struct text told = { 0 };
	enum connect_said said;

	said = connect_chat_say(fake, owner, &post, &turn->place, &told);
	if (said == SAID_WELL) {
		text_put(&turn->answer, "");
		for (int i = 0; scene->answer && i < scene->repeat; i++)
			text_put(&turn->answer, scene->answer);
		if (!scene->answer)
			answer_default(turn, scene, told.at);
		connect_chat_reply(fake, &turn->place, turn->answer.at);
	}
	text_fini(&told);
	return said;
}

static enum MHD_Result turn_stream(const struct exchange *ex,
				   struct connect_turn *turn,
				   const struct scene *scene,
				   struct ticket *ticket)
{
	const char *thought = turn->request.thinks ? DEFAULT_THOUGHT : "";
	struct plan plan = { 0 };

	if (scene->reasoning)
		thought = scene->reasoning;
	plan_compose(&plan, scene, &connect_voice, turn, thought,
		     turn->answer.at ? turn->answer.at : "");
	return stream_send(ex, scene, &plan, ticket);
}

/* A message nobody has answered yet, put into its chat and answered. A stream
 * given as bytes belongs to no chat of ours. */
static enum MHD_Result turn_play(const struct exchange *ex, const char *owner,
				 struct connect_turn *turn,
				 const struct scene *scene)
{
	struct ticket *ticket = record_open(ex->fake, owner, false);
	enum connect_said said = SAID_WELL;

	/* The chat exists before anybody hears of it. */
	if (!scene_is_raw(scene))
		said = turn_say(ex->fake, owner, turn, scene);
	if (!exchange_delay(ex, scene)) {
		record_close(ex->fake, ticket, TICKET_ABORTED);
		return MHD_NO;
	}
	if (said == SAID_WELL)
		return turn_stream(ex, turn, scene, ticket);
	record_close(ex->fake, ticket, TICKET_UNCOUNTED);
	if (said == SAID_NO_CHAT)
		return connect_trailer(ex, scene, "not_found", "chat not found",
				       NULL);
	return connect_trailer(ex, scene, "invalid_argument",
			       "message.parent_id is no answer of this chat",
			       NULL);
}

static bool is_trailer_only(const struct scene *scene)
{
	const char *where = connect_string(scene->error, "where");

	return where && strcmp(where, "only") == 0;
}

static enum MHD_Result trailer_only(const struct exchange *ex,
				    const struct scene *scene)
{
	const char *code = connect_string(scene->error, "code");
	const char *message = connect_string(scene->error, "message");

	if (!exchange_delay(ex, scene)) {
		record_aborted(ex->fake);
		return MHD_NO;
	}
	return connect_trailer(ex, scene, code ? code : "resource_exhausted",
			       message ? message : "",
			       connect_string(scene->error, "reason"));
}

static enum MHD_Result turn_answer(const struct exchange *ex, const char *owner,
				   struct connect_turn *turn,
				   struct scene *scene)
{
	const char *said = web_last_turn(turn->request.said.at);
	struct text why = { 0 };
	enum MHD_Result result;

	if (!scene->json && !scene_find(scene, said, true, &why)) {
		result = connect_trailer(ex, NULL, "invalid_argument", why.at,
					 "fake.scene.invalid");
		text_fini(&why);
		return result;
	}
	if (scene_is_plain(scene))
		return exchange_plain(ex, scene);
	if (is_trailer_only(scene))
		return trailer_only(ex, scene);
	return turn_play(ex, owner, turn, scene);
}

static bool has_type(const struct exchange *ex)
{
	const char *type = exchange_header(ex, "Content-Type");
	size_t n = sizeof(CONNECT_TYPE) - 1;

	return type && strncasecmp(type, CONNECT_TYPE, n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

enum MHD_Result connect_answer_chat(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	struct connect_turn turn = { 0 };
	struct text why = { 0 };
	enum MHD_Result result;

	if (!has_type(ex))
		result = exchange_failure(ex, &connect_service, 415);
	else if (!owner)
		result = connect_unauthorized(ex, scene);
	else if (!connect_request_read(&turn.request, ex, &why) ||
		 !files_read(&turn, ex->fake, owner, &why))
		result = connect_trailer(ex, scene, "invalid_argument", why.at,
					 NULL);
	else
		result = turn_answer(ex, owner, &turn, scene);
	turn_fini(&turn);
	text_fini(&why);
	free(owner);
	return result;
}
