// SPDX-License-Identifier: MIT
// What a process of kimi.cgi takes that comes for one request and finds no
// other.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { withoutValgrind } from './lib/counted.mjs';
import { startFake } from './lib/fake.mjs';
import { cgi } from './lib/gateway.mjs';
import { say } from './lib/http.mjs';
import { build, copy, folder, put, runAs, slack } from './lib/process.mjs';

// Two thirds of them read the schema, which each process does anew. With SQLite
// and nettle linked in; with shared libraries it is half as much
// again. Other versions of them and of glibc differ by a few percent.
const INSTRUCTIONS = 3800000;

const CHATS = 40;
const FRAME = 4096 + 24; // a page in SQLite's log, with its head
const LONG = 64; // pages, after which a process empties the log
const CHAT = 20; // more than a chat writes

test('a process for one request', async (t) => {
	const dir = folder('cgi');
	const program = copy(path.join(build, 'kimi.cgi'), dir, 'kimi.cgi', 0o755);
	const fake = await startFake(dir);
	const env = { HTTP_AUTHORIZATION: 'Bearer sk-test',
		KIMI_CONFIG: put(dir, 'kimi.conf', `KIMI_LOG=${dir}/kimi.log
MOONSHOT_URL=${fake.url}/v1
KIMI_TOKENS=platform:sk-of-the-test
DEFAULT_AUTHKEYS=sk-test
`, 0o600) };
	const chat = async () => {
		const body = JSON.stringify(say('hello', { model: 'kimi-k2.6' }));
		const r = await cgi(program, { ...env, CONTENT_LENGTH: `${body.length}`,
			REQUEST_URI: '/v1/chat/completions' }, body);
		assert.equal(r.status, 200, r.text + r.errors);
	};
	const models = { ...env, REQUEST_METHOD: 'GET',
		REQUEST_URI: '/v1/models' };

	try {
		await t.test('the log that it must read stays short', async () => {
			let emptied = 0, before = 0;
			for (let i = 0; i < CHATS; i++) {
				await chat();
				const { size } = fs.statSync(path.join(dir, 'kimi.db-wal'));
				assert.ok(size < (LONG + CHAT) * FRAME, `${size} bytes`);
				emptied += size < before;
				before = size;
			}
			assert.ok(emptied > 0 && emptied < CHATS / 4, `${emptied} times`);
			const count = execFileSync('sqlite3', [path.join(dir, 'kimi.db'),
				'SELECT count(*) FROM requests WHERE status = \'done\''],
			{ encoding: 'utf8', ...runAs });
			assert.equal(Number(count), CHATS);
		});
		await t.test(`it takes ${INSTRUCTIONS} instructions at most`,
			{ skip: slack > 1 ? 'a sanitizer has costs of its own'
				: withoutValgrind() }, async () => {
				await cgi(program, models); // asks Kimi, and remembers it
				const out = path.join(dir, 'instructions');
				execFileSync('valgrind', ['--quiet', '--tool=callgrind',
					`--callgrind-out-file=${out}`, program], { ...runAs,
					env: { PATH: process.env.PATH, ...models } });
				const [, total] = /^totals: (\d+)/m.exec(
					fs.readFileSync(out, 'utf8'));
				t.diagnostic(`${total} instructions`);
				assert.ok(Number(total) <= INSTRUCTIONS, total);
			});
	} finally {
		await fake.stop();
	}
});
