/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLAN_H
#define FAKE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scene.h"
#include "text.h"

struct plan;

/* How a service words the events of a stream: each function adds the bytes
 * to plan->text and closes every event with plan_event. */
struct voice {
	const char *const *noise; /* unknown events, whole; NULL ends them */
	const char *type;	  /* of the stream; NULL: SSE */
	/* Add an event of the noise, and what bridges a silence; NULL: as it
	 * is, and an SSE comment. */
	void (*unknown)(struct plan *plan, const char *event);
	void (*ping)(struct plan *plan);
	void (*open)(struct plan *plan, void *context);
	void (*search)(struct plan *plan, void *context); /* may be NULL */
	void (*reasoning)(struct plan *plan, void *context, const char *text,
			  size_t n);
	void (*content)(struct plan *plan, void *context, const char *text,
			size_t n);
	/* May be NULL; false once plan_piece was. */
	bool (*tools)(struct plan *plan, void *context);
	void (*fail)(struct plan *plan, void *context);
	void (*finish)(struct plan *plan, void *context);
	void (*close)(struct plan *plan, void *context);
};

struct step {
	size_t end;	/* offset after its bytes */
	int64_t due_us; /* since the head */
	size_t stamp;	/* offset of the digits of the time, or 0 */
	int gate;	/* pieces that its gate must have let through */
};

/* All bytes of a stream, and when they are sent. */
struct plan {
	const struct scene *scene; /* while it is composed */
	const struct voice *voice;
	struct text text;
	struct step *steps;
	size_t count, room;
	int64_t due_us;
	int pieces, gate, spoken;
	size_t noise;
	bool cut; /* the connection breaks at the end */
};

/* Fills a zeroed plan; plan_fini frees. */
void plan_compose(struct plan *plan, const struct scene *scene,
		  const struct voice *voice, void *context,
		  const char *reasoning, const char *answer);
/* The bytes added since the last call are one event. */
void plan_event(struct plan *plan);
/* The same, without noise after it. */
void plan_step(struct plan *plan);
/* Before a piece of content: the pause between pieces. */
void plan_pace(struct plan *plan);
/* After a piece of content and its plan_event: false if the scene ends the
 * stream here. */
bool plan_piece(struct plan *plan, void *context);
void plan_fini(struct plan *plan);

/* How long an unstreamed reply waits, as its pieces would take. */
int plan_duration_ms(const struct scene *scene);

#endif
