/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_WORK_INTERNAL_H
#define UPSTREAM_SCHEMA_WORK_INTERNAL_H

#include "base/json.h"

/*
 * What the steps of rewriting one JSON schema share: the tree, which is
 * rewritten in place, the places in it, what may still be copied, and what was
 * lost.
 */

/* What Kimi refuses when there is more of it. Property levels are counted
 * through references. */
#define SCHEMA_MAX_BYTES 120000
#define SCHEMA_MAX_PROPERTIES 3000 /* of all objects together */
#define SCHEMA_MAX_DEPTH 10	   /* of properties in properties */
#define SCHEMA_MAX_BRANCHES 100	   /* of one anyOf */
#define SCHEMA_MAX_VALUES 500	   /* of one enum */
#define SCHEMA_LONG_ENUM 250	   /* more values: limited in bytes, too */
#define SCHEMA_MAX_ENUM_BYTES 7500

/* What cannot be said to Kimi. schema_work.c has the words for each. */
enum schema_loss {
	SCHEMA_LOSS_NONE,
	SCHEMA_LOSS_NO_SCHEMA,	  /* neither an object nor true */
	SCHEMA_LOSS_NOTHING_FITS, /* false, or a contradiction */
	SCHEMA_LOSS_WORD,	  /* a keyword with a value of a wrong type */
	SCHEMA_LOSS_TYPE,	  /* a type that there is not */
	SCHEMA_LOSS_ENUM,	  /* no value of its type */
	SCHEMA_LOSS_LIMIT,	  /* less than the least, or no number */
	SCHEMA_LOSS_SLASH,	  /* in a name in a definition */
	SCHEMA_LOSS_OVERLAP,	  /* oneOf with more than one branch fitting */
	SCHEMA_LOSS_ALTERNATIVES, /* too many of them, or next to too much */
	SCHEMA_LOSS_REFERENCE,	  /* leads nowhere */
	SCHEMA_LOSS_HIDDEN_REF,	  /* in a keyword that Kimi does not read */
	SCHEMA_LOSS_BESIDE_REF,	  /* more than a reference can carry */
	SCHEMA_LOSS_RULE,	  /* two rules that make no single one */
	SCHEMA_LOSS_VALUES,	  /* a longer list than Kimi takes */
	SCHEMA_LOSS_REQUIRED,	  /* a name that is not declared */
	SCHEMA_LOSS_PROPERTY,	  /* a name that Kimi refuses */
	SCHEMA_LOSS_REST,	  /* other properties would be forbidden */
	SCHEMA_LOSS_TUPLE,	  /* items after those of a tuple */
	SCHEMA_LOSS_DEEP,	  /* more levels than Kimi takes */
	SCHEMA_LOSS_ENDLESS,	  /* no finite value fits */
	SCHEMA_LOSS_ROOT,	  /* the root is not an object */
	SCHEMA_LOSS_COMBINATIONS, /* alternatives at the root */
	SCHEMA_LOSSES
};

/* Definitions that were put in the place of references to them, innermost
 * first. */
struct schema_inlined {
	const struct schema_inlined *above;
	const char *ref;
};

/* A schema in the tree, and the way to it from the root. */
struct schema_place {
	struct schema_place *next; /* that is still to be rewritten */
	const struct schema_place *above;
	cJSON *schema;
	const char *key, *name; /* "properties" and "a"; NULL: the root */
	unsigned depth;		/* properties above it */
	unsigned nesting;	/* schemas above it */
	bool in_defs;
	const struct schema_inlined *inlined;
};

struct schema_work {
	struct arena *arena;
	cJSON *root, *defs;	    /* `defs` is not yet in `root` */
	struct schema_place *first; /* still to be rewritten */
	struct schema_place **last;
	size_t left;	       /* values that may still be copied */
	size_t steps;	       /* through members and lists, still allowed */
	size_t written;	       /* bytes of descriptions still allowed */
	enum schema_loss loss; /* the first */
	const char *lost_at;   /* its path */
};

cJSON *schema_member(const cJSON *schema, const char *key);
cJSON *schema_take(cJSON *schema, const char *key); /* caller frees */
void schema_drop(cJSON *schema, const char *key);
/* Takes `value`, in the place of what is there under that name. */
void schema_set(cJSON *schema, const char *key, cJSON *value);
void schema_set_text(cJSON *schema, const char *key, const char *text);
/* Makes it {}, whatever it was. */
void schema_clear(cJSON *schema);

bool schema_text_is(const cJSON *value, const char *text);
bool schema_lists(const cJSON *list, const char *text);
bool schema_is_one_of(const char *word, const char *const *words);

/* What the reference leads to; NULL: nothing. */
cJSON *schema_target(const struct schema_work *w, const char *ref);

/* How many values the tree has, of which a long text counts as several; about
 * `most` if there are more. */
size_t schema_count(const cJSON *value, size_t most);

/* A copy, which the caller owns. NULL when too much was copied already, and
 * from then on: what is copied at each of many places grows without bound. */
cJSON *schema_copy(struct schema_work *w, const cJSON *value);

/* Has a schema rewritten that is below the place. */
struct schema_place *schema_add_place(struct schema_work *w,
				      const struct schema_place *above,
				      cJSON *schema, const char *key);

/* Adds the text to the end of the description, unless it is there already, or
 * too much was written in this way before. */
void schema_describe(struct schema_work *w, cJSON *schema, const char *text);

/* "properties.a.items", in the arena. */
const char *schema_path(const struct schema_work *w,
			const struct schema_place *at);

/*
 * Notes that the schema says less than it did, for the caller, and in its
 * description for the model. `detail` is what the words are about; NULL if they
 * need none.
 */
void schema_lose(struct schema_work *w, const struct schema_place *at,
		 enum schema_loss loss, const char *detail);

/* The value as JSON, cut to what a description can hold. */
const char *schema_brief(const struct schema_work *w, const cJSON *value);

/* Why a strict schema was refused: the words for its first loss. */
const char *schema_reason(enum schema_loss loss);

#endif
