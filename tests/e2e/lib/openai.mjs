// SPDX-License-Identifier: MIT
// The official openai package as people use it on the oldest Node that it
// runs on: where File is not global yet, its uploads ask for this line.

import { File } from 'node:buffer';

globalThis.File ??= File;

export const { default: OpenAI, toFile } = await import('openai');
