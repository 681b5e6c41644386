/* SPDX-License-Identifier: MIT */
/* Gates: what waits, not for a time, but until a test lets it leave. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "gate.h"
#include "peer.h"

#define LOOK_US 2000

struct gate {
	struct gate *next;
	int pieces;
	char name[];
};

/* Under the lock. */
static struct gate *gate_find(struct fake *fake, const char *name)
{
	struct gate *gate = fake->gates;

	while (gate && strcmp(gate->name, name) != 0)
		gate = gate->next;
	return gate;
}

void gate_open(struct fake *fake, const char *name, int pieces)
{
	struct gate *gate = gate_find(fake, name);
	size_t n = strlen(name) + 1;

	if (!gate) {
		gate = memory_new(sizeof(*gate) + n);
		memcpy(gate->name, name, n);
		gate->next = fake->gates;
		fake->gates = gate;
	}
	gate->pieces += pieces;
}

bool gate_wait(struct fake *fake, int fd, const char *name, int pieces)
{
	for (;;) {
		const struct gate *gate;
		int through;

		pthread_mutex_lock(&fake->lock);
		gate = gate_find(fake, name);
		through = gate ? gate->pieces : 0;
		pthread_mutex_unlock(&fake->lock);
		if (through >= pieces)
			return true;
		if (!peer_wait(fd, clock_us() + LOOK_US))
			return false;
	}
}

void gates_clear(struct gate **gates)
{
	while (*gates) {
		struct gate *gate = *gates;

		*gates = gate->next;
		free(gate);
	}
}
