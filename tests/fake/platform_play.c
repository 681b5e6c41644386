/* SPDX-License-Identifier: MIT */
/* A chat request from its check to its answer, streamed or whole, alike for
 * all flavours of the Open Platform and of Kimi Code. */
#include "fake.h"
#include "fault.h"
#include "gate.h"
#include "plan.h"
#include "platform_error.h"
#include "platform_play.h"
#include "platform_search.h"
#include "platform_turn.h"
#include "scene.h"
#include "stream.h"

static enum MHD_Result turn_stream(struct exchange *ex, struct turn *turn,
				   struct ticket *ticket)
{
	struct plan plan = { 0 };

	plan_compose(&plan, turn->scene, turn->flavour->voice, turn,
		     turn->reasoning.at, turn->answer.at);
	return stream_send(ex, turn->scene, &plan, ticket);
}

/* What is not streamed cannot break off, so it fails. */
static enum MHD_Result turn_fail(struct exchange *ex, const struct scene *scene)
{
	if (scene->fault)
		return platform_fault(ex, scene, scene->fault);
	if (!scene->error)
		return exchange_failure(ex, ex->route->service, 500);
	return platform_error(ex, scene, 500,
			      platform_word(scene->error, "type"),
			      platform_word(scene->error, "message"));
}

/* Nothing is sent until the whole reply would have been. */
static enum MHD_Result turn_reply(struct exchange *ex, struct turn *turn,
				  struct ticket *ticket)
{
	const struct scene *scene = turn->scene;
	struct text body = { 0 };
	bool stays = exchange_wait(ex, plan_duration_ms(scene)) &&
		     (!scene->gate || gate_wait(ex->fake, ex->fd, scene->gate,
						scene->chunks - 1));

	record_close(ex->fake, ticket,
		     stays ? TICKET_UNCOUNTED : TICKET_ABORTED);
	if (!stays)
		return MHD_NO;
	if (scene->error_after >= 0)
		return turn_fail(ex, scene);
	if (scene->raw)
		text_put(&body, scene->raw);
	else
		turn->flavour->whole(turn, &body);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

/* NULL: the key has reached its limit. */
static struct ticket *ticket_open(struct fake *fake, const char *key)
{
	unsigned long max;

	pthread_mutex_lock(&fake->lock);
	max = fake->settings.streams_max;
	pthread_mutex_unlock(&fake->lock);
	return record_open(fake, key, max);
}

static enum MHD_Result turn_play(struct exchange *ex, struct turn *turn,
				 struct scene *scene)
{
	struct ticket *ticket;
	struct refusal no = { 0 };
	struct text why = { 0 };
	enum MHD_Result result;

	if (!scene->json && !scene_find(scene, turn->said.at, false, &why)) {
		result = platform_error(ex, NULL, MHD_HTTP_BAD_REQUEST,
					"fake_scene_invalid", why.at);
		text_fini(&why);
		return result;
	}
	if (scene_is_plain(scene))
		return exchange_plain(ex, scene);
	if (!search_begin(turn, scene, &no))
		return platform_refuse(ex, &no);
	ticket = ticket_open(ex->fake, turn->ask->key);
	if (!ticket)
		return platform_fault(ex, NULL, "concurrency");
	if (!exchange_delay(ex, scene)) {
		record_close(ex->fake, ticket, TICKET_ABORTED);
		return MHD_NO;
	}
	turn_answer(turn, scene);
	return turn->stream && !scene->whole ? turn_stream(ex, turn, ticket) :
					       turn_reply(ex, turn, ticket);
}

enum MHD_Result platform_play(struct exchange *ex, struct scene *scene,
			      const struct flavour *flavour,
			      const struct ask *ask)
{
	struct refusal no = { 0 };
	enum MHD_Result result;
	struct turn turn;

	if (!flavour->check(ask, &no))
		return platform_refuse(ex, &no);
	turn_init(&turn, flavour, ask);
	result = turn_play(ex, &turn, scene);
	turn_fini(&turn);
	return result;
}
