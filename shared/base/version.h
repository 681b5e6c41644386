/* SPDX-License-Identifier: MIT */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define KIMI_VERSION "0.1.0"

/* Kimi is told who we are, never another name. */
#define KIMI_USER_AGENT "kimi-proxy/" KIMI_VERSION

#endif
