/* SPDX-License-Identifier: MIT */
/* Composes a stream from a scene: what is said, in which pieces, at which
 * time, and where it breaks. How it is worded is the service's voice. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define REASONING_PIECES 2
#define STAMP_DIGITS "0000000000000000"

void plan_step(struct plan *plan)
{
	size_t start = plan->count ? plan->steps[plan->count - 1].end : 0;

	if (plan->text.length == start)
		return;
	if (plan->count == plan->room) {
		plan->room = plan->room ? plan->room * 2 : 32;
		plan->steps =
			realloc(plan->steps, plan->room * sizeof(*plan->steps));
		if (!plan->steps)
			abort();
	}
	plan->steps[plan->count++] = (struct step){
		.end = plan->text.length,
		.due_us = plan->due_us,
		.gate = plan->gate,
	};
}

void plan_event(struct plan *plan)
{
	const struct voice *voice = plan->voice;
	const char *event;

	plan_step(plan);
	if (!plan->scene->unknown_events)
		return;
	if (!voice->noise[plan->noise])
		plan->noise = 0;
	event = voice->noise[plan->noise++];
	if (voice->unknown)
		voice->unknown(plan, event);
	else
		text_put(&plan->text, event);
	plan_step(plan);
}

static void plan_pause(struct plan *plan, int ms)
{
	plan->due_us += (int64_t)ms * 1000;
}

static void plan_silence(struct plan *plan)
{
	int left = plan->scene->silence_ms;
	int every = plan->scene->comment_ms;

	for (; every > 0 && left > every; left -= every) {
		plan_pause(plan, every);
		if (plan->voice->ping)
			plan->voice->ping(plan);
		else
			text_put(&plan->text, ": ping\n\n");
		plan_step(plan);
	}
	plan_pause(plan, left);
}

void plan_pace(struct plan *plan)
{
	int together = plan->scene->together > 1 ? plan->scene->together : 1;

	if (plan->spoken > 0 && plan->spoken % together == 0) {
		plan_pause(plan, plan->scene->chunk_ms);
		plan->gate++;
	}
	plan->spoken++;
}

bool plan_piece(struct plan *plan, void *context)
{
	const struct scene *scene = plan->scene;

	plan->pieces++;
	if (scene->close_after == plan->pieces) {
		plan->cut = true;
		return false;
	}
	if (scene->error_after == plan->pieces) {
		plan_pace(plan);
		plan->voice->fail(plan, context);
		return false;
	}
	return true;
}

/* One content event whose text starts with the time it leaves. */
static void plan_stamped(struct plan *plan, void *context, const char *text,
			 size_t n)
{
	struct text stamped = { 0 };
	size_t start = plan->text.length, at = plan->count;
	const char *digits;

	text_printf(&stamped, "%s ", STAMP_DIGITS);
	text_add(&stamped, text, n);
	plan->voice->content(plan, context, stamped.at, stamped.length);
	text_fini(&stamped);
	digits = memmem(plan->text.at + start, plan->text.length - start,
			STAMP_DIGITS, sizeof(STAMP_DIGITS) - 1);
	start = digits ? (size_t)(digits - plan->text.at) : 0;
	while (digits && at < plan->count && plan->steps[at].end <= start)
		at++;
	if (digits && at < plan->count)
		plan->steps[at].stamp = start;
}

static bool plan_answer(struct plan *plan, void *context, const char *answer)
{
	size_t n = strlen(answer), from = 0;
	size_t characters = utf8_count(answer, n), said = 0;
	size_t pieces = plan->scene->chunks > 0 ? (size_t)plan->scene->chunks :
						  1;

	if (pieces > characters)
		pieces = characters;
	for (size_t i = 1; i <= pieces; i++) {
		size_t until = characters * i / pieces;
		size_t length =
			utf8_offset(answer + from, n - from, until - said);

		plan_pace(plan);
		if (plan->scene->stamp)
			plan_stamped(plan, context, answer + from, length);
		else
			plan->voice->content(plan, context, answer + from,
					     length);
		if (!plan_piece(plan, context))
			return false;
		from += length;
		said = until;
	}
	return true;
}

static void plan_reasoning(struct plan *plan, void *context, const char *text)
{
	size_t n = strlen(text);
	size_t half =
		utf8_offset(text, n, utf8_count(text, n) / REASONING_PIECES);

	if (half) {
		plan_pace(plan);
		plan->voice->reasoning(plan, context, text, half);
	}
	if (n > half) {
		plan_pace(plan);
		plan->voice->reasoning(plan, context, text + half, n - half);
	}
}

/* Everything that is content; false: the scene ended the stream. */
static bool plan_content(struct plan *plan, void *context,
			 const char *reasoning, const char *answer)
{
	const struct scene *scene = plan->scene;
	const struct voice *voice = plan->voice;

	if (scene->error_after == 0) {
		voice->fail(plan, context);
		return false;
	}
	if (voice->search)
		voice->search(plan, context);
	plan_reasoning(plan, context, reasoning);
	if (!plan_answer(plan, context, answer))
		return false;
	if (voice->tools && !voice->tools(plan, context))
		return false;
	if (scene->error_after > 0)
		voice->fail(plan, context);
	plan->cut = scene->close_after > 0;
	return !plan->cut && scene->error_after < 0;
}

/* With one_write all events are sent together, when the last is due. */
static void plan_join(struct plan *plan)
{
	if (!plan->scene->one_write || plan->count < 2)
		return;
	plan->steps[0] = plan->steps[plan->count - 1];
	plan->count = 1;
}

void plan_compose(struct plan *plan, const struct scene *scene,
		  const struct voice *voice, void *context,
		  const char *reasoning, const char *answer)
{
	plan->scene = scene;
	plan->voice = voice;
	if (scene_is_raw(scene)) {
		plan_pause(plan, scene->silence_ms);
		scene_raw(scene, &plan->text);
		plan_step(plan);
		plan->cut = scene->close_after >= 0;
	} else if (scene->close_after == 0) {
		plan->cut = true;
	} else {
		voice->open(plan, context);
		plan_silence(plan);
		if (plan_content(plan, context, reasoning, answer)) {
			if (!scene_ends(scene, "truncated"))
				voice->finish(plan, context);
			if (scene_ends(scene, "normal") ||
			    scene_ends(scene, "undone"))
				voice->close(plan, context);
		}
	}
	if (scene->after) {
		text_put(&plan->text, scene->after);
		plan_step(plan);
	}
	plan->cut |= scene->end_broken;
	plan_join(plan);
	plan->scene = NULL;
}

void plan_fini(struct plan *plan)
{
	text_fini(&plan->text);
	free(plan->steps);
	*plan = (struct plan){ 0 };
}

int plan_duration_ms(const struct scene *scene)
{
	int pauses = scene->chunks > 1 ? scene->chunks - 1 : 0;

	return scene->silence_ms + scene->chunk_ms * pauses;
}
