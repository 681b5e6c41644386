/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

#include <stdbool.h>
#include <sys/types.h>

/* What the process and its threads, also those that have ended, used so far;
 * false if there is no such process. */
bool cpu_us(pid_t pid, double *us);

#endif
