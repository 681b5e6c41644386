/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_IDENTITY_H
#define UPSTREAM_API_CODE_IDENTITY_H

#include "upstream/api/service.h"

/* The name of the note with a credential's device. */
#define CODE_IDENTITY_DEVICE "device"

/*
 * Kimi Code in its Chat flavour, with the headers that name this program
 * (X-Msh-Platform, X-Msh-Version, X-Msh-Device-Id) and those of the setting
 * KIMI_CODE_HEADERS, which replace ours. Lives as long as the call's arena.
 */
struct api_service code_identity_service(struct upstream_call *call);

#endif
