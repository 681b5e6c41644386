/* SPDX-License-Identifier: MIT */
#ifndef FAKE_GATE_H
#define FAKE_GATE_H

#include <stdbool.h>

struct fake;
struct gate;

/* Under the lock: lets that many more pieces through. */
void gate_open(struct fake *fake, const char *name, int pieces);
/* Waits until the gate has let that many through; false, at once, when the
 * peer of the socket closes first. */
bool gate_wait(struct fake *fake, int fd, const char *name, int pieces);
/* Under the lock. */
void gates_clear(struct gate **gates);

#endif
