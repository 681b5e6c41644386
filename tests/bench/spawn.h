/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SPAWN_H
#define BENCH_SPAWN_H

#include <stdbool.h>

#include "samples.h"

/* Runs a program `count` times, its output thrown away, with our environment
 * and the file as its input; false when it fails. Adds us of time and of CPU
 * time. */
bool spawn_measure(char **argv, const char *input, unsigned count,
		   struct samples *times, struct samples *cpu);

#endif
