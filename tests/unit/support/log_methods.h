/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_LOG_METHODS_H
#define SUPPORT_LOG_METHODS_H

#include <sqlite3.h>

/*
 * What SQLite does with write-ahead logs is done by other methods, for all
 * databases that are opened from now on until log_methods_end. `change` gets
 * its own methods whenever a log is opened, and replaces some of them.
 */
void log_methods_begin(void (*change)(sqlite3_io_methods *methods));
void log_methods_end(void);

#endif
