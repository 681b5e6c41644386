/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_RETENTION_H
#define SUPPORT_RETENTION_H

#include "store/retention.h"
#include "tests/unit/support/turns.h"

#define RETENTION_DAY (24 * 60 * 60 * INT64_C(1000))

extern const struct store_retention retention_thirty_days;

/* Everything that is there so far becomes older. */
void retention_pass(struct turns *f, int64_t ms);

/* At once, and as it must be afterwards: the rows that were deleted. */
int64_t retention_prune_by(struct turns *f, const struct store_retention *r);
int64_t retention_prune(struct turns *f); /* by thirty days */

/* How many: "messages WHERE …". */
int64_t retention_rows(const struct turns *f, const char *of);

/* A whole request outside of conversations, which is not stored. */
void retention_play(struct turns *f, const char *request, const char *reply);

/* So many of them, with about 200 KB each. */
void retention_fill(struct turns *f, int replies);

int64_t retention_file_size(const struct turns *f);

#endif
