/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/*
 * A target is one file, tests/fuzz/NAME.c, that defines the first of these
 * and asserts what must hold for any input; its inputs are the files of
 * tests/fuzz/corpus/NAME/. `make fuzz FUZZ=NAME` looks for more of them with
 * libFuzzer; `make test` only replays the existing ones.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Optional: called once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Optional: makes a new input from one, in place, and from two. Both return its
 * length; the second 0 if it makes none. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned random);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t n_one,
				 const uint8_t *other, size_t n_other,
				 uint8_t *out, size_t max, unsigned random);

/* libFuzzer's own mutations, if there is libFuzzer. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
	__attribute__((weak));

#endif
