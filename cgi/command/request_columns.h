/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_REQUEST_COLUMNS_H
#define COMMAND_REQUEST_COLUMNS_H

#include "cgi/command/output.h"
#include "store/requests.h"

#define REQUEST_COLUMNS 25

extern const struct output_column request_columns[REQUEST_COLUMNS];

/* The cells of a request. STORE_ABSENT is OUTPUT_ABSENT. */
void request_cells(struct output *o, const struct store_request *r);

/* The same of one that failed: why it did comes first. */
#define FAILED_REQUEST_COLUMNS 7

extern const struct output_column
	failed_request_columns[FAILED_REQUEST_COLUMNS];

void failed_request_cells(struct output *o, const struct store_request *r);

#endif
