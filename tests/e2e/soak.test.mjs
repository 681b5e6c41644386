// SPDX-License-Identifier: MIT
// Many requests of all kinds leave nothing behind. `make soak` sends more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growth, soak } from '../torture/soak.mjs';
import { slack } from './lib/process.mjs';

test('a soak', { skip: slack > 1 && 'sanitizers keep what is freed' },
	async (t) => {
		const { rows, unexpected } = await soak([1000, 2000]);
		t.diagnostic(JSON.stringify(rows));
		assert.deepEqual(unexpected, {});
		assert.deepEqual(growth(rows), []);
	});
