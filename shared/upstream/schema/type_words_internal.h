/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_TYPE_WORDS_INTERNAL_H
#define UPSTREAM_SCHEMA_TYPE_WORDS_INTERNAL_H

#include "base/json.h"

/* The types of JSON values: six, and integers. */
enum schema_type {
	SCHEMA_STRING = 1,
	SCHEMA_NUMBER = 2,
	SCHEMA_INTEGER = 4,
	SCHEMA_BOOLEAN = 8,
	SCHEMA_OBJECT = 16,
	SCHEMA_ARRAY = 32,
	SCHEMA_NULL = 64,
	SCHEMA_ALL = 127
};

/* JSON's word for a type that may be written in another way ("String", "int");
 * NULL: it is no type, or the word is NULL. */
const char *schema_type_word(const char *word);

/* Whether a value has the type, a word of JSON's. */
bool schema_type_fits(const cJSON *value, const char *type);

/* The bit of a word of JSON's; 0: it is none. */
unsigned schema_type_bit(const char *word);

/* JSON's words, from string to null; ended by NULL. An integer comes after
 * number, of which it is one. */
const char *const *schema_type_all(void);

#endif
