/* SPDX-License-Identifier: MIT */
#ifndef STORE_REPLACED_INTERNAL_H
#define STORE_REPLACED_INTERNAL_H

#include "store/db_internal.h"

/*
 * Private to the store: what happens when the owner moves, removes or replaces
 * the file while this process has it open.
 *
 * Nothing is written to a file that is no longer at its path, and none is made
 * there in the middle of things: transactions fail until there is one. The open
 * file is completed by what is still in the write-ahead log, so that nothing is
 * lost if it was only moved. When it is back, it is used on. When another file
 * of this program is at the path, such as a restored backup, that one is opened
 * between two transactions, without the log of the former.
 */

/* Has every transaction of the newly opened store look for it. */
void replaced_init(struct store *s);

#endif
