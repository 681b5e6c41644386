/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/*
 * A target is one file, tests/fuzz/NAME.c, that defines the first of these
 * and asserts what must hold for any input; its inputs are the files of
 * tests/fuzz/corpus/NAME/. `make fuzz FUZZ=NAME` looks for more of them with
 * libFuzzer; `make test` only replays those there are.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Optional: called once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Optional: how new inputs are made, in place from one and from two. Both tell
 * the length; 0 of the second: none is made. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned random);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t n_one,
				 const uint8_t *other, size_t n_other,
				 uint8_t *out, size_t max, unsigned random);

/* libFuzzer's own way, where there is libFuzzer. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
	__attribute__((weak));

#endif
