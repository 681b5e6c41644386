/* SPDX-License-Identifier: MIT */
/* The files of the system's time zone database: TZif (RFC 8536). */
#include <string.h>

#include "base/time_zone_internal.h"

#define HEADER_SIZE 44
#define TYPE_SIZE 6
#define FOOTER_SIZE 128

/* How many there are of each, in the order of the header. */
struct counts {
	uint32_t utc_marks, standard_marks, leaps, times, types, letters;
};

struct bytes {
	const unsigned char *p;
	size_t left;
};

/* NULL if there are not as many. */
static const unsigned char *take(struct bytes *b, size_t n)
{
	const unsigned char *p = b->p;

	if (n > b->left)
		return NULL;
	b->p += n;
	b->left -= n;
	return p;
}

static uint32_t read_32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_64(const unsigned char *p)
{
	return (int64_t)((uint64_t)read_32(p) << 32 | read_32(p + 4));
}

static bool take_header(struct bytes *b, struct counts *c)
{
	const unsigned char *p = take(b, HEADER_SIZE);

	if (p == NULL || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	*c = (struct counts){
		.utc_marks = read_32(p + 20),
		.standard_marks = read_32(p + 24),
		.leaps = read_32(p + 28),
		.times = read_32(p + 32),
		.types = read_32(p + 36),
		.letters = read_32(p + 40),
	};
	return true;
}

/* The first block is for programs that know times of 32 bits only. */
static bool skip_first_block(struct bytes *b)
{
	struct counts c;

	return take_header(b, &c) &&
	       take(b, (size_t)c.times * 5 + (size_t)c.types * TYPE_SIZE +
			       c.letters + (size_t)c.leaps * 8 +
			       c.standard_marks + c.utc_marks) != NULL;
}

/* The rest of the block is of no use here. One with leap seconds counts other
 * seconds than clocks do. */
static bool take_times(struct bytes *b, struct time_zone *z, struct arena *a)
{
	const unsigned char *times, *of_time, *types;
	int64_t *at, *offsets;
	struct counts c;

	if (!take_header(b, &c) || c.leaps > 0 || c.types == 0)
		return false;
	times = take(b, (size_t)c.times * 8);
	of_time = take(b, c.times);
	types = take(b, (size_t)c.types * TYPE_SIZE);
	if (times == NULL || of_time == NULL || types == NULL ||
	    take(b, (size_t)c.letters + c.standard_marks + c.utc_marks) == NULL)
		return false;
	at = arena_array(a, c.times + 1, sizeof(*at));
	offsets = arena_array(a, c.times + 1, sizeof(*offsets));
	for (uint32_t i = 0; i < c.times; i++) {
		if (of_time[i] >= c.types)
			return false;
		at[i] = read_64(times + 8 * i);
		offsets[i] = (int32_t)read_32(types + TYPE_SIZE * of_time[i]);
	}
	*z = (struct time_zone){ .first = (int32_t)read_32(types),
				 .at = at,
				 .offsets = offsets,
				 .n = c.times };
	return true;
}

/* A line; an empty one says nothing. */
static bool take_rule(struct bytes *b, struct time_zone *z)
{
	const unsigned char *end;
	char text[FOOTER_SIZE];
	size_t n;

	if (b->left < 2 || *b->p != '\n')
		return false;
	end = memchr(b->p + 1, '\n', b->left - 1);
	n = end == NULL ? FOOTER_SIZE : (size_t)(end - b->p) - 1;
	if (n >= sizeof(text))
		return false;
	memcpy(text, b->p + 1, n);
	text[n] = '\0';
	z->has_rule = n > 0;
	return n == 0 || time_rule_parse(&z->rule, text);
}

bool time_zone_decode(struct time_zone *z, struct arena *a,
		      const unsigned char *p, size_t n)
{
	struct bytes b = { p, n };

	return skip_first_block(&b) && take_times(&b, z, a) && take_rule(&b, z);
}
