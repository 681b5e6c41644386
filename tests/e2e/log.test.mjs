// SPDX-License-Identifier: MIT
// The log says what an owner wants to know of each request, in words or as
// JSON, and nobody can write into it what is not so.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { until } from './lib/process.mjs';
import { call, chat, say, scene } from './lib/http.mjs';
import { askK3, platformKey, secretOf } from './lib/kimi.mjs';
import { answerOf, withSite } from './lib/suite.mjs';

const usage = { prompt_tokens: 1000, completion_tokens: 30, total_tokens: 1030 };
const hostile = 'none"\n{"status":200}\r\u2028\\ key=other \u0000\x1b[2J';

const linesOf = (site) => fs.readFileSync(path.join(site.dir, 'kimi.log'),
	'utf8').split('\n').filter(Boolean);

// The line of a request, which is written after its answer.
const lineOf = (site, { headers }, find) => until('the line of a request',
	() => linesOf(site).find((line) => line.includes(' request ') || find
		? line.includes(headers['x-request-id'])
			&& /request/.test(line) : false));

const ask = (site, key, more = {}) => chat(site, askK3(scene({ answer: 'yes',
	usage })), { key, ...more });

withSite('log', 'lighttpd_fastcgi', {}, async (check, site) => {
	await check('a request says who asked for what, and what it took',
		async () => {
			const key = platformKey();
			const r = await ask(site, key);
			answerOf(r);
			const row = await site.row(r.headers['x-request-id']);
			const line = await lineOf(site, r);
			assert.ok(line.includes(` request POST /v1/chat/completions 200 `),
				line);
			const at = line.indexOf(' client=');
			assert.match(line.slice(at), new RegExp('^ client=127\\.0\\.0\\.1 '
				+ 'key=\\S+ model=kimi-k3 credential="[^"]+" '
				+ 'first_token_ms=\\d+ prompt_tokens=1000 '
				+ 'completion_tokens=30'), line);
			assert.ok(line.includes(`credential="${row.credential}" `), line);
			assert.ok(!line.includes(secretOf(key)), line);
		});

	await check('it begins with what the program uses', async () => {
		const [first] = linesOf(site);
		assert.match(first, new RegExp(' info - start version=\\S+ '
			+ `settings=${site.dir}/\\S+ database=${site.db} `
			+ 'keys_of_settings=\\d+ credentials_of_settings=\\d+ '
			+ 'keys_of_database=0 credentials_of_database=0$'), first);
	});

	await check('one that failed says why, and cannot say more', async () => {
		const r = await chat(site, say('x', { model: hostile }),
			{ key: platformKey() });
		assert.equal(r.status, 404);
		const line = await lineOf(site, r);
		assert.match(line, / 404 \d+ms client=\S+ key=\S+ /);
		assert.match(line, /The model .* does not exist/);
		assert.ok(!linesOf(site).some((l) => l.startsWith('{')));
		const none = await call(site, '/v1/none%20200%201ms%20key=x');
		assert.equal(none.status, 404, none.text);
		assert.match(await lineOf(site, none),
			/ GET "\/v1\/none 200 1ms key=x" 404 \d+ms client=/);
	});
});

withSite('log as JSON', 'lighttpd_fastcgi',
	{ settings: { KIMI_LOG_FORMAT: 'json' } }, async (check, site) => {
		const { fake } = site;
		const objects = () => linesOf(site).map(JSON.parse);

		await check('each line is an object', async () => {
			const key = platformKey();
			const r = await ask(site, key);
			answerOf(r);
			const row = await site.row(r.headers['x-request-id']);
			const line = JSON.parse(await lineOf(site, r, true));
			assert.deepEqual(line, { ...line, level: 'info', event: 'request',
				id: r.headers['x-request-id'], method: 'POST',
				path: '/v1/chat/completions', status: 200,
				client: '127.0.0.1', model: 'kimi-k3',
				credential: row.credential, prompt_tokens: 1000,
				completion_tokens: 30, first_token_ms: row.first_token_ms,
				text: null });
			assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
			assert.equal(typeof line.ms, 'number');
			assert.equal(line.currency ?? null, row.currency);
			if (row.currency)
				assert.equal(Math.round(line.cost * 1e9), row.cost);
		});

		await check('... whatever clients and Kimi say', async () => {
			const key = platformKey();
			await fake.scenes({ match: { route: 'completion',
				token: secretOf(key) }, times: -1, scene: { status: 400,
				body: { error: { message: `${hostile} ${secretOf(key)}` } } } });
			for (const [r, status] of [
				[await chat(site, say('x', { model: hostile }),
					{ key: platformKey() }), 404],
				[await chat(site, askK3('x'), { key }), 400],
				[await chat(site, askK3('x'), { key: `kp-"${hostile
					.replace(/[^ -~]/g, '')}"` }), 401]]) {
				assert.equal(r.status, status, r.text);
				const line = JSON.parse(await lineOf(site, r, true));
				assert.equal(line.status, status);
				assert.equal(typeof line.text, 'string');
				assert.ok(!JSON.stringify(line).includes(secretOf(key)));
			}
			assert.ok(objects().every((l) => l.event && l.time));
		});
	});
