/* SPDX-License-Identifier: MIT */
#ifndef STORE_SMALL_MEMORY_H
#define STORE_SMALL_MEMORY_H

/* Makes SQLite keep the small pieces of memory that it frees, for its next ones:
 * for a process that ends soon. Once, before store_prepare. */
void store_small_memory_init(void);

#endif
