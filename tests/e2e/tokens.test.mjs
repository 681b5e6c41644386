// SPDX-License-Identifier: MIT
// Counting with a vocabulary, by processes that come and go (CGI) and
// by one with many threads (FastCGI).

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { copy, root, slack } from './lib/process.mjs';
import { call, chat, say } from './lib/http.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

// Texts that count alike by Kimi's vocabulary, where the file is at hand, and
// by our own small one.
const vocabulary = path.resolve(root,
	process.env.TEST_VOCABULARY || 'tests/small.tiktoken');
const endpoint = '/v1/tokenizers/estimate-token-count';

const estimate = (site, text, model = 'kimi-k2.6', request = {}) =>
	call(site, endpoint, { ...request, body: { ...say(text), model } });

async function sumOf(site, text, model) {
	const r = await estimate(site, text, model);
	assert.equal(r.status, 200, r.text);
	return r.json.data;
}

for (const mount of ['lighttpd_cgi', 'lighttpd_fastcgi'])
	withSite(`tokens by ${mount}`, mount, {}, async (check, site) => {
		const compiled = `${site.db}.vocabulary`;

		await check('without the setting, counts are estimates',
			estimates);
		const KIMI_VOCABULARY = copy(vocabulary, site.dir);
		site.configure({ KIMI_VOCABULARY });
		await site.restart();
		await check('concurrent requests compile and count', atOnce);
		await check('other processes use the compiled file', once);
		await check('the usage of replies is counted', usage);
		await check('the endpoint requires a key', key);
		await check('a MiB of one letter is counted within a second',
			mebibyte);
		site.configure({ KIMI_VOCABULARY: `${KIMI_VOCABULARY}.none` });
		await site.restart();
		await check('a missing vocabulary fails no request', missing);

		async function estimates() {
			assert.deepEqual(await sumOf(site, 'Hello, world!'),
				{ total_tokens: 11, source: 'estimated' });
			assert.ok(!fs.existsSync(compiled));
		}

		async function atOnce() {
			const sums = await Promise.all(Array.from({ length: 8 },
				() => sumOf(site, 'Hello')));
			for (const sum of sums)
				assert.deepEqual(sum,
					{ total_tokens: 9, source: 'counted' });
			assert.equal((await sumOf(site, 'Hello', 'kimi-k3')).source,
				'estimated');
		}

		async function once() {
			const before = fs.statSync(compiled);
			assert.equal(before.mode & 0o777, 0o600);
			await sumOf(site, 'Hello');
			assert.equal(fs.statSync(compiled).ino, before.ino);
			assert.deepEqual(fs.readdirSync(path.dirname(compiled))
				.filter((name) => name.includes('vocabulary')),
			[path.basename(compiled)]);
		}

		async function usage() {
			const r = await chat(site, say('Hello'));
			answerOf(r);
			assert.equal(r.json.usage.source, 'counted');
			assert.equal(r.json.usage.prompt_tokens, 10);
			const row = await site.row(r.headers['x-request-id']);
			assert.equal(row.token_source, 'counted');
			assert.equal(row.completion_tokens,
				r.json.usage.completion_tokens);
		}

		async function key() {
			errorOf(await estimate(site, 'Hello', undefined,
				{ key: '' }), 401);
		}

		// A second of processor time, which does not depend on what else the
		// machine does. Sanitizers take longer and are not measured.
		async function mebibyte() {
			const before = await site.processorMs();
			assert.deepEqual(await sumOf(site, 'a'.repeat(1 << 20)), {
				total_tokens: (1 << 17) + 8, source: 'counted' });
			const ms = await site.processorMs() - before;
			assert.ok(ms > 0 && (ms < 1000 || slack > 1), `${ms} ms`);
		}

		async function missing() {
			assert.equal((await sumOf(site, 'Hello')).source,
				'estimated');
			answerOf(await chat(site, say('hello')));
			assert.match(site.logs({}), /KIMI_VOCABULARY/);
		}
	});
