/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_SEARCH_H
#define FAKE_PLATFORM_SEARCH_H

#include <cjson/cJSON.h>

/* Two results of a search for these words, made from them:
 * [{"site_name","title","url","snippet"}]. Caller deletes. */
cJSON *search_results(const char *words);

#endif
