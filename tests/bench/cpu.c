/* SPDX-License-Identifier: MIT */
/* The CPU time of other processes, to the nanosecond; /proc/PID/stat has it in
 * steps of 10 ms. */
#include "cpu.h"

#include <time.h>

bool cpu_us(pid_t pid, double *us)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &t) != 0)
		return false;
	*us = (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
	return true;
}
