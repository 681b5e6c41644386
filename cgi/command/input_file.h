/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_INPUT_FILE_H
#define COMMAND_INPUT_FILE_H

#include "base/buf.h"
#include "base/error.h"

/* Reads a file that an argument names, up to the limit of the buffer; as the
 * user who started the command, which may have become another one since
 * (setup.h). ERROR_VALUE if that cannot be done. */
bool input_file_read(const char *path, struct buf *text, struct error *e);

#endif
