/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_UPLOAD_H
#define FAKE_PLATFORM_UPLOAD_H

#include "exchange.h"

/* The calls around files, of the Open Platform and of Kimi Code. */
enum MHD_Result platform_answer_upload(struct exchange *ex,
				       struct scene *scene);
enum MHD_Result platform_answer_file_list(struct exchange *ex,
					  struct scene *scene);
enum MHD_Result platform_answer_file(struct exchange *ex, struct scene *scene);
enum MHD_Result platform_answer_file_delete(struct exchange *ex,
					    struct scene *scene);
enum MHD_Result platform_answer_file_content(struct exchange *ex,
					     struct scene *scene);
enum MHD_Result code_answer_upload(struct exchange *ex, struct scene *scene);

#endif
