/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_CURRENT_FILES_H
#define UPSTREAM_WEB_CURRENT_FILES_H

#include "upstream/web/file_transfer.h"

/* Files of the current protocol: uploads one; and asks how far Kimi is with
 * processing it (`f->id`). False and a filled error. */
bool web_current_files_upload(struct web_file *f);
bool web_current_files_parse(struct web_file *f, enum web_parse *how);

#endif
