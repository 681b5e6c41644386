/* SPDX-License-Identifier: MIT */
#ifndef STORE_LOG_FILE_INTERNAL_H
#define STORE_LOG_FILE_INTERNAL_H

#include <stdbool.h>

#include <sqlite3.h>

/*
 * Private to the store: write-ahead logs that get a commit in one write. SQLite
 * writes each page and the 24 bytes before it by themselves, ten writes for an
 * ordinary request. They are collected up to the page that ends the commit,
 * before SQLite tells anybody of it.
 */

/* The name for sqlite3_open_v2, once log_file_prepare was called. */
#define LOG_FILE_VFS "kimi-proxy"

void log_file_prepare(void);

/*
 * Around a COMMIT: what is written outside of one, as pages of a transaction
 * that needs more memory than there is, must not wait, since a rollback writes
 * nothing that would end it.
 */
void log_file_collect(sqlite3 *handle, bool on);

#endif
