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

#endif
