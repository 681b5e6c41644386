// SPDX-License-Identifier: MIT
// The official openai package. Where File is not global yet, its uploads ask
// to set it like this.

import { File } from 'node:buffer';

globalThis.File ??= File;

export const { default: OpenAI, toFile } = await import('openai');
