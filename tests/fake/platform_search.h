/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_SEARCH_H
#define FAKE_PLATFORM_SEARCH_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "text.h"

struct refusal;
struct scene;
struct turn;

/* Two results of a search for these words, made from them:
 * [{"site_name","title","url","snippet"}]. Caller deletes. */
cJSON *search_results(const char *words);

/* $web_search: does this turn call for another search (turn->search, a list
 * of calls as in scenes), or has it what it searched for (turn->searched)?
 * False: what came back is not what was sent. */
bool search_begin(struct turn *turn, const struct scene *scene,
		  struct refusal *no);
/* An answer that links to the scene's or the default sources. */
void search_answer(struct text *answer, const struct turn *turn);

#endif
