/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_PLAY_H
#define FAKE_PLATFORM_PLAY_H

#include "exchange.h"

struct ask;
struct flavour;

/* Checks a chat request, finds the scene in its prompt unless it has one
 * already, and plays it. */
enum MHD_Result platform_play(struct exchange *ex, struct scene *scene,
			      const struct flavour *flavour,
			      const struct ask *ask);

#endif
