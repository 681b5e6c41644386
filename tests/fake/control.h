/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CONTROL_H
#define FAKE_CONTROL_H

#include "exchange.h"

/* Endpoints for tests: scenes, settings, and what has happened so far. */
enum MHD_Result control_answer_scenes(struct exchange *ex, struct scene *scene);
enum MHD_Result control_answer_settings(struct exchange *ex,
					struct scene *scene);
enum MHD_Result control_answer_gates(struct exchange *ex, struct scene *scene);
enum MHD_Result control_answer_stats(struct exchange *ex, struct scene *scene);
enum MHD_Result control_answer_requests(struct exchange *ex,
					struct scene *scene);
enum MHD_Result control_answer_reset(struct exchange *ex, struct scene *scene);
enum MHD_Result control_answer_unknown(struct exchange *ex,
				       struct scene *scene);

#endif
