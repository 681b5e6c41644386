/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_ALIKE_H
#define BASE_JSON_ALIKE_H

#include "base/json.h"

#define JSON_ALIKE_PATHS 4

/* A value that differs from text to text. */
struct json_alike_gap {
	cJSON *value;	   /* a string or a natural number */
	size_t from, to;   /* in the text: between quotation marks, or digits */
	struct buf string; /* the value, when it is not the text's */
};

/*
 * Reads JSON texts that follow each other and are mostly the same, as the deltas
 * of a stream are. What has other values only at some paths than the text that
 * was parsed last is not parsed: its tree is that of the other one, with those
 * values. So every tree is what json_foreign_parse makes of its text.
 */
struct json_alike {
	const char *const *paths; /* of members; ends with NULL */
	struct arena arena;	  /* of the tree */
	struct buf text;	  /* that was parsed */
	const cJSON *tree;	  /* of it; NULL: none that can be used again */
	struct json_alike_gap gaps[JSON_ALIKE_PATHS]; /* in their order */
	size_t n_gaps;
	bool again; /* the tree that was read is the one before, changed */
};

/* The paths, at most JSON_ALIKE_PATHS, are borrowed. */
void json_alike_init(struct json_alike *r, const char *const *paths);
void json_alike_fini(struct json_alike *r);

/* The tree is valid until the next text is read. */
const cJSON *json_alike_read(struct json_alike *r, const char *p, size_t n,
			     struct error *e);

/* The next text follows nothing. */
void json_alike_forget(struct json_alike *r);

#endif
