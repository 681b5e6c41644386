/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SPAWN_H
#define BENCH_SPAWN_H

#include <stdbool.h>

#include "samples.h"

/* Runs a program `count` times, its output thrown away, with our
 * environment; false when it fails. */
bool spawn_measure(char **argv, unsigned count, struct samples *times);

#endif
