/* SPDX-License-Identifier: MIT */
#ifndef FAKE_STREAM_H
#define FAKE_STREAM_H

#include <microhttpd.h>

struct exchange;
struct plan;
struct scene;
struct ticket;

/* Answers with the plan, played in time; takes plan and ticket. */
enum MHD_Result stream_send(const struct exchange *ex,
			    const struct scene *scene, struct plan *plan,
			    struct ticket *ticket);

#endif
