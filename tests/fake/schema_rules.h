/* SPDX-License-Identifier: MIT */
#ifndef FAKE_SCHEMA_RULES_H
#define FAKE_SCHEMA_RULES_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/*
 * Moonshot flavored JSON Schema, as github.com/MoonshotAI/walle checks it at
 * its level strict, each rule and limit as tight as in any of its versions that
 * the service is known to have run. For tools, the root must be an object, too.
 */
#define SCHEMA_RULES_BYTES 120000
#define SCHEMA_RULES_PROPERTIES 3000
#define SCHEMA_RULES_DEPTH 10
#define SCHEMA_RULES_BRANCHES 100
#define SCHEMA_RULES_VALUES 500
#define SCHEMA_RULES_LONG_ENUM 250
#define SCHEMA_RULES_ENUM_BYTES 7500

#define SCHEMA_RULES_WHY 1024

/* False: `why`, of SCHEMA_RULES_WHY bytes, is "At path 'properties.a': type is
 * not defined". */
bool schema_rules_check(const cJSON *schema, char *why);

/* The rules for enum, texts and limits of one schema: NULL, or what is wrong,
 * and in `below` with which keyword. */
const char *schema_rules_values(const cJSON *schema, const char **below);

/* What references of a schema that is otherwise good lead to: whether values
 * of it can end, and how deeply properties are nested. NULL, or what is wrong. */
const char *schema_rules_cycles(const cJSON *root);

#endif
