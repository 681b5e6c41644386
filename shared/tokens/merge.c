/* SPDX-License-Identifier: MIT */
/*
 * Joins the bytes of a piece into tokens: always the pair of neighbours with
 * the lowest rank, the leftmost of several. The parts are a linked list, the
 * pairs a heap; stale pairs are skipped when they come up.
 */
#include "tokens/merge.h"

#include <stdlib.h>

#define FIRST_ROOM 64
#define PAIRS_PER_BYTE 3 /* one at the start, two for each of n - 1 joins */

/* The part that begins at a byte; parts are indexed by that byte. */
struct merge_part {
	uint32_t next, before; /* where its neighbours begin; n: none */
	uint32_t rank;	       /* of this part joined with the next */
};

struct piece {
	const struct vocabulary *v;
	const char *p;
	uint32_t n;
};

void merge_init(struct merge *m)
{
	*m = (struct merge){ 0 };
}

void merge_fini(struct merge *m)
{
	free(m->parts);
	free(m->pairs);
	merge_init(m);
}

static void reserve(struct merge *m, size_t n)
{
	size_t room = m->room == 0 ? FIRST_ROOM : m->room;

	if (n <= m->room)
		return;
	while (room < n)
		room *= 2;
	merge_fini(m);
	m->parts = malloc(room * sizeof(*m->parts));
	m->pairs = malloc(room * PAIRS_PER_BYTE * sizeof(*m->pairs));
	if (m->parts == NULL || m->pairs == NULL)
		abort();
	m->room = room;
}

/* Fills the hole at `i`, or one further up, with a pair. */
static void fill_hole(struct merge *m, size_t i, uint64_t pair)
{
	for (; i > 0 && m->pairs[(i - 1) / 2] > pair; i = (i - 1) / 2)
		m->pairs[i] = m->pairs[(i - 1) / 2];
	m->pairs[i] = pair;
}

static void push_pair(struct merge *m, uint64_t pair)
{
	fill_hole(m, m->n_pairs++, pair);
}

/*
 * Moves the hole down to the end without comparing it with the last pair, which
 * will fill it: that came from the end and rarely moves up again. The last pair
 * itself is still there, past the end, so reading it as a child is safe.
 */
static uint64_t pop_pair(struct merge *m)
{
	uint64_t min = m->pairs[0], last = m->pairs[--m->n_pairs];
	size_t i = 0, child;

	for (; (child = 2 * i + 1) < m->n_pairs; i = child) {
		child += m->pairs[child + 1] < m->pairs[child];
		m->pairs[i] = m->pairs[child];
	}
	fill_hole(m, i, last);
	return min;
}

/* Looks up the token that the part at `at` and its neighbour make. */
static void find_pair(struct merge *m, const struct piece *piece, uint32_t at)
{
	struct merge_part *part = &m->parts[at];
	uint32_t next = part->next;

	part->rank = next == piece->n ?
			     VOCABULARY_NONE :
			     vocabulary_find(piece->v, piece->p + at,
					     m->parts[next].next - at);
	if (part->rank != VOCABULARY_NONE)
		push_pair(m, (uint64_t)part->rank << 32 | at);
}

static void begin(struct merge *m, const struct piece *piece)
{
	m->n_pairs = 0;
	for (uint32_t i = 0; i < piece->n; i++)
		m->parts[i] =
			(struct merge_part){ .next = i + 1, .before = i - 1 };
	for (uint32_t i = 0; i < piece->n; i++)
		find_pair(m, piece, i);
}

static void join(struct merge *m, const struct piece *piece, uint32_t at)
{
	struct merge_part *part = &m->parts[at];
	struct merge_part *gone = &m->parts[part->next];

	part->next = gone->next;
	gone->rank = VOCABULARY_NONE;
	if (part->next < piece->n)
		m->parts[part->next].before = at;
	find_pair(m, piece, at);
	if (at > 0)
		find_pair(m, piece, part->before);
}

size_t merge_piece(struct merge *m, const struct vocabulary *v, const char *p,
		   size_t n, uint32_t *ranks)
{
	struct piece piece = { v, p, (uint32_t)n };
	uint32_t whole = vocabulary_find(v, p, n);
	size_t tokens = n;

	if (whole != VOCABULARY_NONE || n == 0) {
		if (ranks != NULL && n > 0)
			*ranks = whole;
		return n > 0;
	}
	reserve(m, n);
	begin(m, &piece);
	while (m->n_pairs > 0) {
		uint64_t pair = pop_pair(m);
		uint32_t at = (uint32_t)pair;

		if (m->parts[at].rank != pair >> 32)
			continue;
		join(m, &piece, at);
		tokens--;
	}
	for (uint32_t at = 0; ranks != NULL && at < piece.n;
	     at = m->parts[at].next)
		*ranks++ = vocabulary_find(v, p + at, m->parts[at].next - at);
	return tokens;
}
