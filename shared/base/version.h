/* SPDX-License-Identifier: MIT */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define KIMI_VERSION "0.3.0-dev"

/* Kimi always sees who we are. */
#define KIMI_USER_AGENT "kimi-proxy/" KIMI_VERSION

#endif
