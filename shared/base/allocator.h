/* SPDX-License-Identifier: MIT */
#ifndef BASE_ALLOCATOR_H
#define BASE_ALLOCATOR_H

/* Makes malloc give large blocks back to the system as soon as they are freed.
 * Call it once, at the start of the program. */
void allocator_init(void);

/* Gives back what small blocks have left free. It takes a while: call it when a
 * crowd has gone, not after each request. */
void allocator_trim(void);

#endif
