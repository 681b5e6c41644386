/* SPDX-License-Identifier: MIT */
/* Shares the memory of a process among its large requests. */
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <time.h>

#define MOST (256 * 1024 * 1024)
#define PART 4 /* of what there is */
#define RETRY_AFTER_MS 5000

/* It takes two system calls to ask for memory: less is not asked for. */
#define PROBED (1024 * 1024)

/* What a large request needs besides: libraries, connections, replies. */
#define BESIDE (16 * 1024 * 1024)

#define CGROUPS "/sys/fs/cgroup"
#define PATH_SIZE 4096

struct memory_waiter {
	struct memory_waiter *next;
	pthread_cond_t called;
};

void memory_init(struct memory *m)
{
	*m = (struct memory){ 0 };
	pthread_mutex_init(&m->lock, NULL);
}

void memory_fini(struct memory *m)
{
	pthread_mutex_destroy(&m->lock);
}

/* --- How much there is --- */

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t of_machine(void)
{
	struct sysinfo info;

	return sysinfo(&info) != 0 ? INT64_MAX :
				     (int64_t)info.totalram * info.mem_unit;
}

/* The limit of one control group; INT64_MAX: it has none ("max"). */
static int64_t of_group(const char *group)
{
	char path[PATH_SIZE + 64];
	int64_t limit = INT64_MAX;
	FILE *file;

	snprintf(path, sizeof(path), CGROUPS "%s/memory.max", group);
	file = fopen(path, "re");
	if (file == NULL)
		return limit;
	if (fscanf(file, "%" SCNd64, &limit) != 1)
		limit = INT64_MAX;
	fclose(file);
	return limit;
}

/* Those of the group that this process is in and of all around it (cgroup
 * v2). */
static int64_t of_groups(void)
{
	char line[PATH_SIZE] = "", *group;
	FILE *file = fopen("/proc/self/cgroup", "re");
	int64_t limit = INT64_MAX;

	if (file == NULL)
		return limit;
	while (fgets(line, sizeof(line), file) != NULL &&
	       strncmp(line, "0::/", 4) != 0)
		;
	fclose(file);
	if (strncmp(line, "0::/", 4) != 0)
		return limit;
	group = line + 3;
	group[strcspn(group, "\n")] = '\0';
	while (*group != '\0') {
		limit = smaller(limit, of_group(group));
		*strrchr(group, '/') = '\0';
	}
	return smaller(limit, of_group(""));
}

int64_t memory_usual_limit(struct memory *m)
{
	pthread_mutex_lock(&m->lock);
	if (m->usual == 0)
		m->usual = smaller(MOST,
				   smaller(of_machine(), of_groups()) / PART);
	pthread_mutex_unlock(&m->lock);
	return m->usual;
}

/* --- Who has it --- */

/* Under the lock. One that is larger than the limit is served alone. */
static bool fits(const struct memory *m, int64_t limit, int64_t more,
		 int64_t own)
{
	return m->taken == own || m->taken + more <= limit;
}

static void join(struct memory *m, struct memory_waiter *w)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->called, &attr);
	pthread_condattr_destroy(&attr);
	if (m->first == NULL)
		m->first = w;
	else
		m->last->next = w;
	m->last = w;
}

static void call_first(struct memory *m)
{
	if (m->first != NULL)
		pthread_cond_signal(&m->first->called);
}

static void leave(struct memory *m, struct memory_waiter *w)
{
	struct memory_waiter **at = &m->first, *before = NULL;

	while (*at != w) {
		before = *at;
		at = &before->next;
	}
	*at = w->next;
	if (m->last == w)
		m->last = before;
	pthread_cond_destroy(&w->called);
	call_first(m);
}

static struct timespec end_of_wait(int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

void memory_close(struct memory *m)
{
	pthread_mutex_lock(&m->lock);
	m->closed = true;
	call_first(m);
	pthread_mutex_unlock(&m->lock);
}

/* Under the lock. False: the time was over first, or the process ends. */
static bool wait_turn(struct memory *m, int64_t limit, int64_t n, int64_t ms)
{
	struct memory_waiter w = { 0 };
	struct timespec end;
	int timeout = 0;
	bool fit;

	if (m->first == NULL && fits(m, limit, n, 0))
		return true;
	if (ms <= 0 || m->closed)
		return false;
	end = end_of_wait(ms);
	join(m, &w);
	for (;;) {
		fit = m->first == &w && fits(m, limit, n, 0);
		if (fit || timeout != 0 || m->closed)
			break;
		timeout = pthread_cond_timedwait(&w.called, &m->lock, &end);
	}
	leave(m, &w);
	return fit;
}

static bool refuse(struct error *e)
{
	error_set(e, ERROR_FULL,
		  "Requests of this size already use all memory that this "
		  "server has for them (setting KIMI_MEMORY): try again soon.");
	e->retry_after_ms = RETRY_AFTER_MS;
	return false;
}

/* Whether the system would give it now. Where it does not give a small block, the
 * process ends: so a large request is told beforehand. */
static bool system_has(int64_t n, struct error *e)
{
	size_t size = (size_t)n + BESIDE;
	void *block;

	if (n < PROBED)
		return true;
	block = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (block != MAP_FAILED) {
		munmap(block, size);
		return true;
	}
	return error_no_memory(e, n);
}

static void add(struct memory_share *s, int64_t n)
{
	s->memory->taken += n;
	s->size += n;
}

static int64_t limit_of(const struct memory_share *s)
{
	return s->limit > 0 ? s->limit : memory_usual_limit(s->memory);
}

bool memory_share_take(struct memory_share *s, int64_t n, int64_t wait_ms,
		       struct error *e)
{
	struct memory *m = s->memory;
	int64_t limit = limit_of(s);
	bool taken, closed;

	pthread_mutex_lock(&m->lock);
	taken = wait_turn(m, limit, n, wait_ms);
	if (taken)
		add(s, n);
	closed = m->closed;
	pthread_mutex_unlock(&m->lock);
	if (taken)
		return system_has(n, e);
	return closed ? error_set(e, ERROR_STOPPING,
				  "This server is shutting down. Try again.") :
			refuse(e);
}

bool memory_share_grow(struct memory_share *s, int64_t n, struct error *e)
{
	struct memory *m = s->memory;
	int64_t more = n - s->size, limit;
	bool fit;

	if (more <= 0)
		return true;
	limit = limit_of(s);
	pthread_mutex_lock(&m->lock);
	fit = fits(m, limit, more, s->size);
	if (fit)
		add(s, more);
	pthread_mutex_unlock(&m->lock);
	return fit ? system_has(more, e) : refuse(e);
}

void memory_share_give_back(struct memory_share *s)
{
	struct memory *m = s->memory;

	if (s->size == 0)
		return;
	pthread_mutex_lock(&m->lock);
	m->taken -= s->size;
	s->size = 0;
	call_first(m);
	pthread_mutex_unlock(&m->lock);
}
