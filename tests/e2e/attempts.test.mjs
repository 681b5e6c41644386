// SPDX-License-Identifier: MIT
// Each try of a credential has a row of its own that says how far it came and
// when, and a whole reply says where its time went.

import assert from 'node:assert/strict';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { askK3, platformKey, secretOf } from './lib/kimi.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const phases = ['queued_ms', 'began_ms', 'lookup_ms', 'connect_ms', 'tls_ms',
	'first_byte_ms', 'first_token_ms', 'end_ms'];

// Those that came are in their order.
function checkOrder(attempt) {
	const times = phases.map((name) => attempt[name])
		.filter((ms) => ms !== null);
	assert.ok(times.every((ms) => ms >= 0), JSON.stringify(attempt));
	assert.deepEqual(times, [...times].sort((a, b) => a - b),
		JSON.stringify(attempt));
}

const timingOf = (r) => new Map(r.headers['server-timing'].split(', ')
	.map((part) => {
		const [, name, ms] = part.match(/^([a-z-]+);dur=(\d+)$/);
		return [name, Number(ms)];
	}));

const settings = { KIMI_PLATFORM_STREAMS: 1, KIMI_QUEUE: 20 };

withSite('attempts', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	const { fake } = site;
	const attemptsOf = async ({ headers }) => {
		const row = await site.row(headers['x-request-id']);
		const all = await site.query(`SELECT * FROM attempts
			WHERE request_seq = ${row.seq} ORDER BY number`);
		all.forEach(checkOrder);
		for (const { end_ms: ms } of all)
			assert.ok(ms <= row.duration_ms, `${ms} of ${row.duration_ms}`);
		return all;
	};
	const fails = (key, answer) => fake.scenes({ match: { route: 'completion',
		token: secretOf(key) }, times: -1, scene: answer });

	await check('one that gives the reply says all of its times', async () => {
		const key = platformKey();
		const r = await chat(site, askK3(scene({ answer: 'yes' })), { key });
		answerOf(r);
		const [a, ...others] = await attemptsOf(r);
		assert.deepEqual(others, []);
		assert.deepEqual([a.number, a.choice, a.service, a.http_status,
			a.error_kind, a.words, a.queued_ms, a.tls_ms],
		[1, 0, 'platform', 200, null, null, null, null]);
		assert.match(a.host, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
		for (const name of ['first_byte_ms', 'first_token_ms', 'end_ms'])
			assert.ok(a[name] !== null, name);
		const row = await site.row(r.headers['x-request-id']);
		assert.equal(a.credential, row.credential);
		assert.ok(a.first_token_ms <= row.first_token_ms);
	});

	await check('a connection that is there already has no times', async () => {
		const connected = [];
		for (let n = 0; n < 6; n++) {
			const r = await chat(site, askK3(scene({ answer: 'yes' })),
				{ key: platformKey() });
			const [a] = await attemptsOf(r);
			assert.equal(a.lookup_ms === null, a.connect_ms === null);
			assert.equal(timingOf(r).has('connect'), a.connect_ms !== null);
			connected.push(a.connect_ms !== null);
		}
		assert.ok(connected.includes(false), `${connected}`);
	});

	await check('one that fails has Kimi\'s status and words', async () => {
		const [first, second] = [platformKey(), platformKey()];
		await fails(first, { status: 429, body: { error: {
			type: 'rate_limit_reached_error',
			message: `Slow down, ${secretOf(first)}` } } });
		await fails(second, { answer: 'yes' });
		const seen = new Map();
		for (let n = 0; n < 2 && !seen.has(2); n++) {
			const r = await chat(site, askK3('x'),
				{ key: `${first},${second}` });
			answerOf(r);
			const all = await attemptsOf(r);
			seen.set(all.length, all);
		}
		const [a, b] = seen.get(2);
		assert.deepEqual([a.number, a.http_status, a.error_kind],
			[1, 429, 'rate_limit']);
		assert.match(a.words, /Slow down/);
		assert.ok(!a.words.includes(secretOf(first)), a.words);
		assert.equal(a.first_token_ms, null);
		assert.deepEqual([b.number, b.http_status, b.error_kind, b.words],
			[2, 200, null, null]);
		assert.ok(b.began_ms >= a.end_ms);
	});

	await check('of what may not be stored there are no words', async () => {
		const key = platformKey();
		await fails(key, { status: 400,
			body: { error: { message: 'quoted' } } });
		for (const [store, words] of [[true, /quoted/], [false, null]]) {
			const r = await chat(site, askK3('quoted', { store }), { key });
			errorOf(r, 400);
			const [a] = await attemptsOf(r);
			assert.equal(a.error_kind, 'value');
			if (words)
				assert.match(a.words, words);
			else
				assert.equal(a.words, null);
		}
	});

	await check('one that waited for a slot says since when', async () => {
		const key = platformKey();
		const gate = key;
		const s = stream(site, askK3(scene({ answer: 'one two', chunks: 2,
			reasoning: '', gate })), { key });
		await s.content(1);
		const waiting = chat(site, askK3(scene({ answer: 'yes' })), { key });
		await site.fake.asked(key, 'completion');
		setTimeout(() => fake.open(gate), 300);
		const r = await waiting;
		answerOf(r);
		await finished(s);
		const [a] = await attemptsOf(r);
		assert.ok(a.queued_ms !== null && a.began_ms > a.queued_ms,
			JSON.stringify(a));
		assert.ok(timingOf(r).get('queue') > 0);
	});

	await check('all choices have theirs', async () => {
		const keys = [1, 2, 3].map(() => platformKey());
		const r = await chat(site, askK3(scene({ answer: 'yes' }), { n: 3 }),
			{ key: keys.join(',') });
		answerOf(r);
		const all = await attemptsOf(r);
		assert.deepEqual(all.map((a) => [a.number, a.choice]),
			[[1, 0], [2, 1], [3, 2]]);
	});

	await check('a whole reply says where its time went', async () => {
		for (const [path, more] of [['/v1/chat/completions', {}],
			['/v1/messages', { max_tokens: 100 }]]) {
			const r = await call(site, path, { key: platformKey(),
				body: say(scene({ answer: 'yes', delay_ms: 30 }),
					{ model: 'kimi-k3', ...more }) });
			assert.equal(r.status, 200, r.text);
			const t = timingOf(r);
			const ms = ['first-byte', 'first-token', 'total']
				.map((name) => t.get(name));
			assert.ok(ms[0] >= 30, `${ms}`);
			assert.deepEqual(ms, [...ms].sort((a, b) => a - b));
			assert.ok(t.get('db') <= t.get('total'));
			assert.match(r.headers['access-control-expose-headers'],
				/server-timing/);
		}
	});

	await check('a request that no credential was tried for has none',
		async () => {
			const r = await chat(site, say('x', { model: 'none-such' }),
				{ key: platformKey() });
			assert.equal(r.status, 404);
			assert.deepEqual(await attemptsOf(r), []);
			assert.equal(r.headers['server-timing'], undefined);
		});
});
