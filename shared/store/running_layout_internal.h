/* SPDX-License-Identifier: MIT */
#ifndef STORE_RUNNING_LAYOUT_INTERNAL_H
#define STORE_RUNNING_LAYOUT_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "chat/chat.h"
#include "store/running_file_internal.h"

/* Private to the store: what running.c writes to its blocks, and
 * running_read.c reads. */
struct running_facts {
	char model[136], credential[136], service[16], region[16];
	int64_t started_ms, prompt_tokens;
	bool stream, ephemeral, stored;
};

/* Begins a note. Facts are written where they do not count yet. */
struct running_head {
	char request[48], dialect[32];
	char fingerprint[80], stranger[80], label[136];
	struct running_facts facts[2];
	_Atomic uint32_t current; /* of them */
	/* Of an ephemeral request: how many replies began, and their length as
	 * tokens_estimate_part has it, in all and of reasoning. */
	_Atomic uint32_t begun;
	_Atomic int64_t length, reasoning;
};

/* After the head: events, each with `n` bytes. */
struct running_frame {
	uint8_t kind, block;
	uint16_t choice;
	uint32_t n;
};

_Static_assert(sizeof(struct running_head) < RUNNING_BLOCK_SIZE / 2,
	       "it has room");

/* The events that are noted. */
static inline bool running_notes(enum chat_event_kind kind)
{
	return kind == CHAT_START || kind == CHAT_OPEN || kind == CHAT_DELTA ||
	       kind == CHAT_CLOSE;
}

#endif
