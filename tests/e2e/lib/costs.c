/* SPDX-License-Identifier: MIT */
/*
 * Preloaded, it counts what the program allocates and writes down every SQL
 * statement that it runs, the first time with what SQLite makes of it.
 *
 *   COSTS_ALLOCATIONS  a file of 8 bytes, the number of allocations so far
 *   COSTS_STATEMENTS   a file of lines: "run SQL" for each run; before the first
 *                      "step OPERATION" for each of EXPLAIN, "plan DETAIL" for
 *                      each of EXPLAIN QUERY PLAN
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_STATEMENTS 1000
#define MAX_LINE 8192

/* glibc's own, for whoever replaces them. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
/* NOLINTEND(bugprone-reserved-identifier) */

static _Atomic uint64_t ignored, *allocations = &ignored;
static int statements = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *known[MAX_STATEMENTS];
static _Thread_local bool inside; /* SQLite calls itself */

static int open_named(const char *variable, int flags)
{
	const char *path = getenv(variable);
	int fd = path == NULL ? -1 : open(path, flags | O_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

__attribute__((constructor)) static void begin(void)
{
	int fd = open_named("COSTS_ALLOCATIONS", O_RDWR);
	void *shared = mmap(NULL, sizeof(*allocations), PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);

	if (shared == MAP_FAILED)
		abort();
	close(fd);
	allocations = shared;
	statements = open_named("COSTS_STATEMENTS", O_WRONLY | O_APPEND);
}

void *malloc(size_t n)
{
	atomic_fetch_add(allocations, 1);
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add(allocations, 1);
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	atomic_fetch_add(allocations, 1);
	return __libc_realloc(p, n);
}

static void put_line(const char *word, const char *text)
{
	char line[MAX_LINE];
	int n = snprintf(line, sizeof(line) - 1, "%s %s", word, text);

	if (n > MAX_LINE - 2)
		n = MAX_LINE - 2; /* a script, like the whole schema */
	for (int i = 0; i < n; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[n] = '\n';
	if (write(statements, line, (size_t)n + 1) != n + 1)
		abort();
}

static bool is_new(const char *sql)
{
	int i = 0;

	while (i < MAX_STATEMENTS && known[i] != NULL)
		if (strcmp(known[i++], sql) == 0)
			return false;
	if (i == MAX_STATEMENTS)
		abort();
	known[i] = strdup(sql);
	return true;
}

static int real_step(sqlite3_stmt *s)
{
	int (*step)(sqlite3_stmt *) = (int (*)(sqlite3_stmt *))(
		void *)dlsym(RTLD_NEXT, "sqlite3_step");

	return step(s);
}

static void explain(sqlite3_stmt *s, const char *how, int column,
		    const char *word)
{
	char *sql = sqlite3_mprintf("%s %s", how, sqlite3_sql(s));
	sqlite3_stmt *explained;

	if (sqlite3_prepare_v2(sqlite3_db_handle(s), sql, -1, &explained,
			       NULL) != SQLITE_OK)
		abort();
	while (real_step(explained) == SQLITE_ROW)
		put_line(word,
			 (const char *)sqlite3_column_text(explained, column));
	sqlite3_finalize(explained);
	sqlite3_free(sql);
}

int sqlite3_step(sqlite3_stmt *s)
{
	if (!inside && !sqlite3_stmt_busy(s)) {
		pthread_mutex_lock(&lock);
		if (is_new(sqlite3_sql(s))) {
			explain(s, "EXPLAIN", 1, "step");
			explain(s, "EXPLAIN QUERY PLAN", 3, "plan");
		}
		put_line("run", sqlite3_sql(s));
		pthread_mutex_unlock(&lock);
	}
	return real_step(s);
}

int sqlite3_exec(sqlite3 *db, const char *sql,
		 int (*row)(void *, int, char **, char **), void *ctx,
		 char **error)
{
	int (*exec)(sqlite3 *, const char *,
		    int (*)(void *, int, char **, char **), void *, char **) =
		(int (*)(sqlite3 *, const char *,
			 int (*)(void *, int, char **, char **), void *,
			 char **))(void *)dlsym(RTLD_NEXT, "sqlite3_exec");

	bool outer = inside;
	int code;

	if (!outer)
		put_line("run", sql);
	inside = true;
	code = exec(db, sql, row, ctx, error);
	inside = outer;
	return code;
}
