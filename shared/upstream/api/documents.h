/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_DOCUMENTS_H
#define UPSTREAM_API_DOCUMENTS_H

#include "upstream/api/service.h"

/*
 * Documents, which the service turns into text (POST /files with the purpose
 * file-extract, then GET /files/ID/content). A document that was uploaded
 * before with the same credential is not uploaded again.
 */

/*
 * The request with the text of its documents in system messages before all
 * others, and the name of each where it was. The same request if it has no
 * documents; NULL and a filled error.
 */
const struct chat_request *
documents_include(struct upstream_call *call, const struct api_service *service,
		  const struct chat_request *request);

/* Deletes the document with that hash at the service, if it is there. */
bool documents_delete(struct upstream_call *call,
		      const struct api_service *service, const char *hash);

#endif
