/* SPDX-License-Identifier: MIT */
/* How the Connect protocol words an answer: messages that set and append to
 * the blocks of a chat's last message, each in its envelope. */
#include <stdio.h>
#include <string.h>

#include "connect.h"
#include "connect_frame.h"
#include "connect_voice.h"

/* None of it says anything. */
static const char *const noise[] = {
	"{\"heartbeat\":{}}",
	"{\"op\":\"set\",\"mask\":\"block.fromTheFuture\",\"block\":{"
	"\"id\":\"99\",\"fromTheFuture\":{\"content\":\"not an answer\"}}}",
	"{\"op\":\"merge\",\"mask\":\"chat.color\",\"chat\":{"
	"\"color\":\"#fff\"}}",
	"{\"op\":\"set\",\"mask\":\"message\",\"message\":{\"id\":\"0-system\","
	"\"role\":\"system\",\"blocks\":[{\"id\":\"0\",\"text\":{\"content\":"
	"\"nor this\"}}]}}",
	"{\"telemetry\":{\"text\":{\"content\":\"nor this\"}}}",
	"{}",
	"{\"op\":\"set\",\"mask\":\"block.multiStage\",\"block\":{\"id\":\"0\","
	"\"multiStage\":{\"stages\":[{\"status\":\"STAGE_STATUS_END\"}]}}}",
	"{\"op\":\"set\",\"mask\":\"chat.lastRequest,chat.scenario\",\"chat\":{"
	"\"lastRequest\":{\"tools\":[],\"content\":\"nor this\"}}}",
	NULL,
};

static void say_whole(struct plan *plan, const char *message)
{
	size_t begin = frame_begin(&plan->text, FRAME_MESSAGE);

	text_put(&plan->text, message);
	frame_end(&plan->text, begin);
}

static void say_ping(struct plan *plan)
{
	say_whole(plan, "{\"heartbeat\":{}}");
}

/* The last envelope; nothing may follow. */
static void say_trailer(struct plan *plan, const char *members)
{
	size_t begin = frame_begin(&plan->text, FRAME_END);

	text_printf(&plan->text, "{%s}", members);
	frame_end(&plan->text, begin);
	plan_step(plan);
}

size_t connect_event_begin(struct plan *plan, struct connect_turn *turn,
			   const char *op, const char *mask)
{
	size_t begin = frame_begin(&plan->text, FRAME_MESSAGE);

	text_printf(&plan->text, "{\"op\":\"%s\"", op);
	if (mask)
		text_printf(&plan->text, ",\"mask\":\"%s\"", mask);
	text_printf(&plan->text, ",\"eventOffset\":%u", ++turn->offset);
	return begin;
}

void connect_event_end(struct plan *plan, size_t begin)
{
	text_put(&plan->text, "}");
	if (plan->scene->snake)
		frame_snake(&plan->text, begin);
	frame_end(&plan->text, begin);
	plan_event(plan);
}

static void say_echo(struct plan *plan, struct connect_turn *turn)
{
	size_t begin = connect_event_begin(plan, turn, "set", "message");
	const cJSON *block;
	struct text *t = &plan->text;
	int id = 0;

	text_printf(t,
		    ",\"message\":{\"id\":\"%s\",\"role\":\"user\","
		    "\"status\":\"MESSAGE_STATUS_COMPLETED\",\"blocks\":[",
		    turn->place.user);
	cJSON_ArrayForEach(block, turn->request.blocks) {
		const cJSON *text = connect_member(block, "text");
		const cJSON *part = text ? text : connect_member(block, "file");
		char *printed = cJSON_PrintUnformatted(part);

		text_printf(t, "%s{\"id\":\"%d\",\"%s\":%s}", id ? "," : "", id,
			    text ? "text" : "file", printed);
		cJSON_free(printed);
		id++;
	}
	text_put(t, "]}");
	connect_event_end(plan, begin);
}

/* `chat.files`: what is attached. */
static void say_files(struct plan *plan, struct connect_turn *turn)
{
	const cJSON *block;

	cJSON_ArrayForEach(block, turn->request.blocks) {
		const char *id =
			connect_string(connect_member(block, "file"), "id");
		size_t begin;

		if (!id)
			continue;
		begin = connect_event_begin(plan, turn, "append", "chat.files");
		text_put(&plan->text, ",\"chat\":{\"files\":[{\"id\":");
		text_quote_string(&plan->text, id);
		text_put(&plan->text, "}]}");
		connect_event_end(plan, begin);
	}
}

static void say_open(struct plan *plan, void *context)
{
	struct connect_turn *turn = context;
	size_t begin;

	say_ping(plan);
	plan_event(plan);
	begin = connect_event_begin(plan, turn, "set", NULL);
	text_printf(&plan->text,
		    ",\"chat\":{\"id\":\"%s\",\"name\":\"%s\","
		    "\"createTime\":\"2026-09-15T00:00:00Z\"}",
		    turn->place.chat,
		    turn->place.is_new ? "Untitled Chat" : "Fake chat");
	connect_event_end(plan, begin);
	say_echo(plan, turn);
	say_files(plan, turn);
	begin = connect_event_begin(plan, turn, "set", "message");
	text_printf(&plan->text,
		    ",\"message\":{\"id\":\"%s\",\"parentId\":\"%s\","
		    "\"role\":\"assistant\",\"status\":"
		    "\"MESSAGE_STATUS_GENERATING\",\"blocks\":[]}",
		    turn->place.assistant, turn->place.user);
	connect_event_end(plan, begin);
	if (!plan->scene->degrade)
		return;
	begin = connect_event_begin(plan, turn, "set", "notification");
	text_put(&plan->text, ",\"notification\":{\"type\":"
			      "\"TYPE_MODEL_DEGRADE\",\"message\":"
			      "\"A smaller model answers.\"}");
	connect_event_end(plan, begin);
}

/* Moves on to a block of that kind; whether that is a new one. */
static bool block_turn(struct connect_turn *turn, enum connect_block kind,
		       int part)
{
	if (turn->kind == kind && turn->part == part)
		return false;
	turn->kind = kind;
	turn->part = part;
	turn->block++;
	text_fini(&turn->said);
	return true;
}

static bool has_frame(const struct plan *plan, const char *frame)
{
	return strcmp(plan->scene->frame, frame) == 0;
}

static void end_compressed(struct plan *plan, size_t begin)
{
	text_put(&plan->text, "}");
	plan->text.at[begin] = FRAME_COMPRESSED;
	frame_compress(&plan->text, begin);
	frame_end(&plan->text, begin);
	plan_event(plan);
}

/* What marked a thinking block before `block.think` existed. */
static void put_flags(struct text *t, bool thinks)
{
	text_printf(t, ",\"flags\":\"%s\"", thinks ? "thinking" : "answer");
}

/* Sets or appends to the open block. */
static void say_piece(struct plan *plan, struct connect_turn *turn, bool set,
		      const char *text, size_t n)
{
	const char *flags = plan->scene->flags;
	bool thinks = turn->kind == BLOCK_THINK;
	const char *member = thinks && !flags ? "think" : "text";
	struct text *t = &plan->text;
	char mask[32];
	size_t begin;

	text_add(&turn->said, text, n);
	set = set || plan->scene->snapshot;
	(void)snprintf(mask, sizeof(mask), "block.%s%s", member,
		       set ? "" : ".content");
	begin = connect_event_begin(plan, turn, set ? "set" : "append", mask);
	text_printf(t, ",\"block\":{\"id\":\"%u\",\"%s\":{\"content\":",
		    turn->block, member);
	if (plan->scene->snapshot)
		text_quote(t, turn->said.at, turn->said.length);
	else
		text_quote(t, text, n);
	if (flags && (set || strcmp(flags, "each") == 0))
		put_flags(t, thinks);
	text_put(t, "}}");
	if (!thinks && has_frame(plan, "compressed"))
		end_compressed(plan, begin);
	else
		connect_event_end(plan, begin);
}

static void say_reasoning(struct plan *plan, void *context, const char *text,
			  size_t n)
{
	struct connect_turn *turn = context;
	bool set = block_turn(turn, BLOCK_THINK, 0);
	size_t begin;

	if (set && !plan->scene->flags) {
		begin = connect_event_begin(plan, turn, "set",
					    "block.multiStage");
		text_put(&plan->text,
			 ",\"block\":{\"id\":\"0\",\"multiStage\":{\"stages\":"
			 "[{\"name\":\"STAGE_NAME_THINKING\",\"status\":"
			 "\"STAGE_STATUS_START\"}]}}");
		connect_event_end(plan, begin);
	}
	say_piece(plan, turn, set, text, n);
}

static void put_exception(struct plan *plan, struct connect_turn *turn,
			  const char *reason, const char *message)
{
	size_t begin =
		connect_event_begin(plan, turn, "set", "block.exception");

	text_put(&plan->text, ",\"block\":{\"exception\":{\"error\":{"
			      "\"reason\":");
	text_quote_string(&plan->text, reason);
	text_put(&plan->text, ",\"localizedMessage\":{\"locale\":\"zh-CN\","
			      "\"message\":");
	text_quote_string(&plan->text, message);
	text_put(&plan->text, "},\"severity\":"
			      "\"SEVERITY_BLOCK_RETRACT\"}}}");
	connect_event_end(plan, begin);
}

/* The scene's `retract`, sent and taken back before the reply. */
static void say_retracted(struct plan *plan, struct connect_turn *turn)
{
	const char *text = plan->scene->retract;

	if (!text || turn->retracted)
		return;
	turn->retracted = true;
	(void)block_turn(turn, BLOCK_TEXT, -1);
	say_piece(plan, turn, true, text, strlen(text));
	put_exception(plan, turn, "REASON_COMPLETION_OVERLOADED",
		      "当前使用的人太多了");
}

/* The envelopes that no service sends in the middle of an answer. */
static void say_odd_frame(struct plan *plan)
{
	static const char oversized[] = "\0\xff\xff\xff\xff";

	if (has_frame(plan, "empty"))
		say_whole(plan, "");
	else if (has_frame(plan, "oversized") && plan->pieces == 0)
		text_add(&plan->text, oversized, FRAME_HEAD);
	plan_step(plan);
}

static void say_content(struct plan *plan, void *context, const char *text,
			size_t n)
{
	struct connect_turn *turn = context;
	int chunks = plan->scene->chunks > 0 ? plan->scene->chunks : 1;
	int part = (int)((int64_t)plan->pieces * plan->scene->blocks / chunks);
	bool set;

	say_retracted(plan, turn);
	set = block_turn(turn, BLOCK_TEXT, part);
	say_piece(plan, turn, set, text, n);
	say_odd_frame(plan);
}

static const char *error_word(const struct plan *plan, const char *name,
			      const char *otherwise)
{
	const char *word = connect_string(plan->scene->error, name);

	return word ? word : otherwise;
}

static void error_member(struct plan *plan, struct text *member)
{
	bool given = plan->scene->error != NULL;

	text_put(member, "\"error\":");
	connect_error_body(
		member, error_word(plan, "code", "resource_exhausted"),
		error_word(plan, "message", "Too many people use Kimi now."),
		error_word(plan, "reason",
			   given ? NULL :
				   "REASON_SERVER_OVERLOADED_FOR_FREE_USER"));
}

static void say_done(struct plan *plan, struct connect_turn *turn)
{
	size_t begin = frame_begin(&plan->text, FRAME_MESSAGE);

	text_printf(&plan->text, "{\"eventOffset\":%u,\"done\":{}",
		    ++turn->offset);
	connect_event_end(plan, begin);
}

static void say_fail(struct plan *plan, void *context)
{
	struct connect_turn *turn = context;
	const char *where = error_word(plan, "where", "trailer");
	bool stream = strcmp(where, "stream") == 0;
	bool exception = strcmp(where, "exception") == 0;
	struct text error = { 0 };

	error_member(plan, &error);
	if (stream) {
		size_t begin = frame_begin(&plan->text, FRAME_MESSAGE);

		text_printf(&plan->text, "{%s", error.at);
		connect_event_end(plan, begin);
	}
	if (exception)
		put_exception(plan, turn,
			      error_word(plan, "reason",
					 "REASON_COMPLETION_OVERLOADED"),
			      error_word(plan, "message",
					 "当前使用的人太多了"));
	if (exception || strcmp(where, "trailer_after_done") == 0)
		say_done(plan, turn);
	say_trailer(plan, exception || stream ? "" : error.at);
	text_fini(&error);
}

static void say_finish(struct plan *plan, void *context)
{
	struct connect_turn *turn = context;
	size_t begin;

	say_retracted(plan, turn);
	if (turn->place.is_new) {
		begin = connect_event_begin(plan, turn, "set", "chat.name");
		text_put(&plan->text, ",\"chat\":{\"name\":\"Fake chat\"}");
		connect_event_end(plan, begin);
	}
	begin = connect_event_begin(plan, turn, "set", "message.status");
	text_printf(&plan->text,
		    ",\"message\":{\"id\":\"%s\",\"status\":"
		    "\"MESSAGE_STATUS_COMPLETED\"}",
		    turn->place.assistant);
	connect_event_end(plan, begin);
	if (!scene_ends(plan->scene, "undone"))
		say_done(plan, turn);
}

static void say_close(struct plan *plan, void *context)
{
	(void)context;
	if (has_frame(plan, "grpc")) {
		size_t begin = frame_begin(&plan->text, FRAME_GRPC_END);

		text_put(&plan->text, "grpc-status: 0\r\n");
		frame_end(&plan->text, begin);
		plan_step(plan);
	} else {
		say_trailer(plan, "");
	}
}

const struct voice connect_voice = {
	.noise = noise,
	.type = CONNECT_TYPE,
	.unknown = say_whole,
	.ping = say_ping,
	.open = say_open,
	.search = connect_say_search,
	.reasoning = say_reasoning,
	.content = say_content,
	.fail = say_fail,
	.finish = say_finish,
	.close = say_close,
};
