/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_WORDS_INTERNAL_H
#define UPSTREAM_SCHEMA_WORDS_INTERNAL_H

#include "upstream/schema/type_words_internal.h"
#include "upstream/schema/work_internal.h"

/* The keywords of JSON schemas, draft 4 to 2020-12. */

/* Whether a keyword limits values; all others describe. */
bool schema_word_is_rule(const char *key);

/* The types whose values it can limit: bits of enum schema_type. */
unsigned schema_word_types(const char *key);

/* Rules that Kimi neither knows nor minds, wherever they are: they are left
 * there for the model to read. */
bool schema_word_stays(const char *key);

/* Whether the schema has a rule that cannot stay, apart from `but`. */
bool schema_has_rules(const cJSON *schema, const char *but);

/*
 * Makes each keyword of one schema, which is at that place or part of it, what
 * its name promises: a value of the wrong type is left out, and keywords of
 * older drafts and of other tools are said in today's words. A schema that is
 * no object becomes one.
 */
void schema_clean_words(struct schema_work *w, const struct schema_place *at,
			cJSON *schema);

#endif
