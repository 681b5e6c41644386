/* SPDX-License-Identifier: MIT */
/* What SQLite reports, in words that say what to do. */
#include "store/fault_internal.h"

#include <errno.h>
#include <string.h>

#include <sqlite3.h>

#include "base/descriptors.h"

#define RETRY_MS 1000

#define DISK                                                                   \
	"The disk of the database is full: free some space there (setting "    \
	"KIMI_DB)."
#define READ_ONLY                                                              \
	"The database cannot be written: the user that this program runs as "  \
	"needs write access to the file and to its directory (setting "        \
	"KIMI_DB)."
#define MEMORY "There is not enough memory left."
#define BUSY                                                                   \
	"The database is busy: another process has kept it for too long. Try " \
	"again soon."
#define DAMAGED                                                                \
	"The database is damaged: put a backup in its place (kimi.db(5), "     \
	"setting KIMI_DB)."

/* By the system's error behind it; these come first. */
static const struct {
	int number;
	enum error_kind kind;
	const char *text;
} numbers[] = {
	{ ENOSPC, ERROR_SETUP, DISK },
	{ EDQUOT, ERROR_SETUP, DISK },
	{ EFBIG, ERROR_SETUP,
	  "The database cannot grow: the system limits the size of files "
	  "(ulimit -f)." },
	{ EMFILE, ERROR_FULL, DESCRIPTORS_EXHAUSTED },
	{ ENFILE, ERROR_FULL, DESCRIPTORS_EXHAUSTED },
	{ ENOMEM, ERROR_FULL, MEMORY },
	{ EACCES, ERROR_SETUP, READ_ONLY },
	{ EPERM, ERROR_SETUP, READ_ONLY },
	{ EROFS, ERROR_SETUP, READ_ONLY },
};

static const struct {
	int code;
	enum error_kind kind;
	const char *text;
} codes[] = {
	{ SQLITE_BUSY, ERROR_FULL, BUSY },
	{ SQLITE_LOCKED, ERROR_FULL, BUSY },
	{ SQLITE_PROTOCOL, ERROR_FULL, BUSY },
	{ SQLITE_NOMEM, ERROR_FULL, MEMORY },
	{ SQLITE_FULL, ERROR_SETUP, DISK },
	{ SQLITE_READONLY, ERROR_SETUP, READ_ONLY },
	{ SQLITE_CORRUPT, ERROR_SETUP, DAMAGED },
	{ SQLITE_NOTADB, ERROR_SETUP,
	  "The file is not a database, or damaged (setting KIMI_DB)." },
};

static bool set(struct error *e, enum error_kind kind, const char *text)
{
	error_set(e, kind, "%s", text);
	if (kind == ERROR_FULL)
		e->retry_after_ms = RETRY_MS;
	return false;
}

static bool set_by_number(int number, struct error *e)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (numbers[i].number == number) {
			set(e, numbers[i].kind, numbers[i].text);
			return true;
		}
	return false;
}

static bool set_by_code(int code, struct error *e)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].code == code) {
			set(e, codes[i].kind, codes[i].text);
			return true;
		}
	return false;
}

bool fault_set(struct fault *f, int code, int number, struct error *e)
{
	code &= 0xff; /* without SQLite's details */
	if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN)
		number = 0;
	if (!set_by_number(number, e) && !set_by_code(code, e))
		error_set(e, ERROR_SETUP,
			  "The database cannot be used: %s%s%s (setting "
			  "KIMI_DB).",
			  sqlite3_errstr(code), number == 0 ? "" : ", ",
			  number == 0 ? "" : strerror(number));
	f->code = code;
	f->why = *e;
	return false;
}

bool fault_busy(struct error *e)
{
	return set(e, ERROR_FULL, BUSY);
}

static void put_line(const struct fault_log *l, enum log_level level,
		     const char *text)
{
	if (l->log != NULL)
		log_line(l->log, level, NULL, "database", "%s (%s)", text,
			 l->path);
}

void fault_log_text(struct fault_log *l, int code, const char *text)
{
	if (code != l->code)
		put_line(l, LOG_ERROR, text);
	l->code = code;
}

void fault_log_info(const struct fault_log *l, const char *text)
{
	put_line(l, LOG_INFO, text);
}

void fault_log_error(const struct fault_log *l, const char *text)
{
	put_line(l, LOG_ERROR, text);
}

/* A constraint is no fault of the file. */
void fault_log(struct fault_log *l, const struct fault *f, bool wrote)
{
	if (f->code != 0 && f->code != SQLITE_CONSTRAINT)
		fault_log_text(l, f->code, f->why.message);
	if (wrote && l->code != 0) {
		put_line(l, LOG_INFO, "The database can be used again.");
		l->code = 0;
	}
}
