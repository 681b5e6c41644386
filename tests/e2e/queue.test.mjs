// SPDX-License-Identifier: MIT
// A limit on concurrent requests per credential, across all processes that
// share the database: the others wait, but not forever.

import assert from 'node:assert/strict';
import { inTime, kill, retryIfLate, sleep, until } from './lib/process.mjs';
import { call, chat, now, say, scene, stream } from './lib/http.mjs';
import { askCode, askK3, codeKey, cooldownOf, fingerprint, platformKey, secretOf,
	sentWith } from './lib/kimi.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_CODE_STREAMS: 2, KIMI_PLATFORM_STREAMS: 1,
	KIMI_WEB_STREAMS: null, KIMI_QUEUE: 20, KIMI_KEEPALIVE: 0.2 };

withSite('queue', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	const { fake } = site;
	const other = (more) => startSite('lighttpd_cgi', { fake,
		settings: { ...settings, KIMI_DB: site.db, ...more } });
	const second = await other();
	const hasty = await other({ KIMI_QUEUE: 0.6 });
	// The fake stamps each piece with the time it left.
	const slowly = (chunks, chunk_ms, more = {}) => scene({ chunks, chunk_ms,
		answer: 'word '.repeat(chunks).trim(), stamp: true, reasoning: '',
		...more });
	// A stream that holds its slot until the gate named after its key opens.
	const hold = async (key, where = site) => {
		const s = stream(where, askK3(slowly(2, 0, { gate: key })), { key });
		await s.content(1);
		return s;
	};
	const slots = async (key) => (await site.query(`SELECT id, lease_until
		FROM slots WHERE credential = '${fingerprint(key)}'`));
	const free = (key) => until('no place is taken', async () =>
		(await slots(key)).length === 0);
	const stamps = (text) => (text.match(/\d{16}(?= )/g) || []).map(Number);
	// How many of them ran at once, by the times of their pieces.
	const maxAtOnce = (texts) => {
		const ends = texts.flatMap((text) => {
			const at = stamps(text);
			assert.ok(at.length > 1, text);
			return [[at[0], 1], [at.at(-1), -1]];
		}).sort((a, b) => a[0] - b[0]);
		let running = 0;
		return Math.max(...ends.map(([, step]) => running += step));
	};

	try {
		await Promise.all([
			check('never exceeds the limit, across all processes',
				limit),
			check('nor that of the account, once Kimi has said it', account),
			check('... or has refused what was too many', refusedOnce),
			check('a waiting client gets keep-alives first', waits),
			check('after KIMI_QUEUE it is a 429 with Retry-After',
				() => retryIfLate(tooLong)),
			check('nobody waits while a credential is free', free2),
			check('a client that leaves frees its slot', leaves),
			check('a client that leaves the queue asks nothing',
				leavesQueue),
			check('failures free their slots', failures),
			check('the slot of a stopped process expires',
				() => retryIfLate(stopped)),
			check('waiting clients learn that the key was refused',
				() => retryIfLate(refusal)),
			check('one web account serves one request at a time',
				web),
			check('a search keeps one slot for all its rounds',
				rounds),
		]);
		await check('all slots are free in the end', async () => {
			await until('all are given back', async () =>
				(await site.query(`SELECT 1 FROM slots
					WHERE credential <> 'new '`)).length === 0);
		});
	} finally {
		await second.stop();
		await hasty.stop();
	}

	async function limit() {
		const key = codeKey();
		const texts = await Promise.all(Array.from({ length: 12 }, async (_, i) => {
			const where = i % 2 ? site : second;
			const body = askCode(slowly(3, 80));
			if (i % 3 === 0)
				return answerOf(await chat(where, body, { key }));
			return (await finished(stream(where, body, { key }))).text;
		}));
		assert.equal(maxAtOnce(texts), 2);
		await free(key);
	}

	// The account may run one request at once, the setting says two.
	function allows(key) {
		return fake.scenes({ match: { token: secretOf(key),
			route: 'usages' }, times: -1, scene: { status: 200,
			body: { parallel: { limit: '1' } } } });
	}
	async function oneAtOnce(key) {
		const texts = await Promise.all(Array.from({ length: 4 }, async (_, i) =>
			answerOf(await chat(i % 2 ? site : second,
				askCode(slowly(3, 50)), { key }))));
		assert.equal(maxAtOnce(texts), 1);
		await free(key);
	}

	async function account() {
		const key = codeKey();
		await allows(key);
		assert.equal((await call(site, '/v1/usages', { key })).status, 200);
		await oneAtOnce(key);
	}

	async function refusedOnce() {
		const key = codeKey();
		await allows(key);
		await fake.scenes({ match: { token: secretOf(key),
			route: 'completion' }, scene: { fault: 'concurrent_limit' } });
		answerOf(await chat(site, askCode('too many at once'), { key }));
		await until('the pause is over', async () =>
			((await cooldownOf(site, key))?.seconds ?? 0) < 0);
		await oneAtOnce(key);
	}

	async function waits() {
		const key = platformKey();
		const first = await hold(key);
		const next = stream(site, askK3(slowly(2, 10)), { key });
		const whole = chat(second, askK3(slowly(2, 10)), { key });
		await until('two keep-alives', () => next.comments.length >= 2);
		await fake.open(key);
		await Promise.all([finished(first), finished(next)]);
		const before = next.comments.filter((c) => c.at < next.contents[0].at);
		assert.ok(before.length >= 2, `${before.length} keep-alives`);
		assert.equal(next.headers['content-type'].split(';')[0],
			'text/event-stream');
		assert.equal(maxAtOnce([first.text, next.text, answerOf(await whole)]), 1);
	}

	async function tooLong() {
		const key = platformKey();
		const first = await hold(key);
		const t0 = now();
		const s = stream(hasty, askK3('too-long-1'), { key });
		const r = await chat(hasty, askK3('too-long-2'), { key });
		await s.done;
		first.leave();
		await free(key);
		assert.ok(now() - t0 > 550, `${now() - t0} ms`);
		const e = errorOf(r, 429);
		assert.equal(e.code, 'rate_limit_exceeded');
		assert.ok(r.headers['retry-after'] >= 1);
		const row = await site.row(r.headers['x-request-id']);
		assert.equal(row.status, 'failed');
		// After its keep-alives a stream can say it in an event only.
		inTime(s.comments.length >= 1, 'no keep-alive before the error');
		assert.equal(s.error.code, 'rate_limit_exceeded');
		assert.ok(!s.finished);
		assert.equal((await sentWith(site, 'too-long')).length, 0);
	}

	async function free2() {
		const keys = [platformKey(), platformKey()];
		const key = keys.join(',');
		const first = await hold(key);
		const second2 = await hold(key);
		errorOf(await chat(hasty, askK3('no third'), { key }), 429);
		for (const k of keys) {
			assert.equal((await fake.asked(secretOf(k), 'completion'))
				.length, 1);
			assert.equal((await slots(k)).length, 1);
		}
		first.leave();
		second2.leave();
		await Promise.all(keys.map(free));
	}

	async function leaves() {
		for (const where of [site, second])
			await retryIfLate(async () => {
				const key = platformKey();
				const first = await hold(key, where);
				const next = chat(site, askK3('after one left'), { key });
				await sleep(250);
				first.leave();
				const left = now();
				answerOf(await next);
				const ms = now() - left;
				await free(key);
				inTime(ms < 2500, `${ms} ms`);
			});
	}

	async function leavesQueue() {
		const key = platformKey();
		const first = await hold(key);
		const next = [site, second].map((where) =>
			stream(where, askK3('left-the-queue'), { key }));
		await until('they wait', () => next.every((s) => s.comments.length));
		next.forEach((s) => s.leave());
		const rows = await until('their rows are closed', async () => {
			const rows = await site.query(`SELECT status FROM requests
				WHERE error_kind = 'client_gone' AND first_token_ms IS NULL`);
			return rows.length >= 2 && rows;
		});
		assert.equal(rows[0].status, 'cancelled');
		first.leave();
		await free(key);
		answerOf(await chat(site, askK3('who came later'), { key }));
		assert.equal((await sentWith(site, 'left-the-queue')).length, 0);
	}

	async function failures() {
		const cases = [{ fault: 'rpm' }, { fault: 'invalid_request' },
			{ close_after: 1 }, { end: 'truncated' }, { drop: true },
			{ error_after: 1, fault: 'server_error' },
			{ fault: 'model_not_found' }];
		await Promise.all(cases.map(async (members, i) => {
			const key = platformKey();
			const s = stream(i % 2 ? second : site, askK3(scene(members)),
				{ key });
			await s.done;
			assert.ok(!s.finished, s.raw);
			assert.equal((await slots(key)).length, 0,
				JSON.stringify(members));
		}));
		// Where the next credential takes over, the first one's slot is free.
		const keys = [platformKey(), platformKey()];
		await fake.scenes({ match: { token: secretOf(keys[0]) }, times: -1,
			scene: { fault: 'tpm' } });
		await until('the faulty one was asked', async () => {
			answerOf(await chat(site, askK3('fails over'),
				{ key: keys.join(',') }));
			return (await fake.asked(secretOf(keys[0]))).length;
		});
		assert.equal((await slots(keys[0])).length, 0);
		// Also those that are refused before Kimi is asked.
		const key = platformKey();
		errorOf(await chat(site, { model: 'kimi-k3', messages: [{
			role: 'user', content: [{ type: 'image_url', image_url: {
				url: 'https://x.example/a.png' } }] }] }, { key }), 400);
		assert.equal((await slots(key)).length, 0);
	}

	// That of a killed one is free at once: leases.test.mjs.
	async function stopped() {
		const key = platformKey();
		const third = await other();
		try {
			await hold(key, third);
			third.programs().forEach((pid) =>
				process.kill(pid, 'SIGSTOP'));
			const [{ lease_until: lease }] = await slots(key);
			const seconds = (lease - Date.now()) / 1000;
			assert.ok(seconds <= 30, `${seconds} s`);
			inTime(seconds > 5, `${seconds} s are left`);
			errorOf(await chat(hasty, askK3('while it lasts'), { key }), 429);
			const next = chat(site, askK3('when it is over'), { key });
			await sleep(200);
			await site.query(`UPDATE slots SET lease_uptime = 1
				WHERE credential = '${fingerprint(key)}'`);
			const over = now();
			answerOf(await next);
			const ms = now() - over;
			await free(key);
			inTime(ms < 2500, `${ms} ms`);
		} finally {
			third.programs().forEach(kill);
			await third.stop();
		}
	}

	// Those who wait must not try the refused key one by one.
	async function refusal() {
		for (const [fault, status] of [['incorrect_api_key', 401],
			['tpm', 429]]) {
			const key = platformKey();
			await fake.scenes({ match: { token: secretOf(key),
				route: 'completion' }, times: -1,
			scene: { fault, delay_ms: 700 } });
			const all = await Promise.all(Array.from({ length: 6 }, () =>
				chat(site, askK3('a wall'), { key })));
			all.forEach((r) => errorOf(r, status));
			assert.equal((await fake.asked(secretOf(key), 'completion'))
				.length, 1);
			const ms = Math.max(...all.map((r) => r.ms));
			inTime(ms < 3000, `${ms} ms`);
			if (status === 429)
				assert.ok(all.every((r) => r.headers['retry-after'] >= 5));
		}
	}

	async function web() {
		const key = 'web:refresh-of-the-queue-in-front';
		const texts = await Promise.all(Array.from({ length: 4 }, async (_, i) =>
			answerOf(await chat(i % 2 ? site : second, say(slowly(2, 100)),
				{ key }))));
		assert.equal(maxAtOnce(texts), 1);
	}

	async function rounds() {
		const key = platformKey();
		const body = (word) => askK3(word + scene({ chunks: 2, chunk_ms: 60,
			stamp: true, reasoning: '', search: [{ url: 'https://a.example', title: 'A' }],
			search_rounds: 3, answer: 'one two' }),
		{ web_search_options: {} });
		const texts = await Promise.all(['a', 'b', 'c'].map(async (word) =>
			answerOf(await chat(site, body(`rounds-${word}`), { key }))));
		assert.equal(maxAtOnce(texts), 1);
		const order = (await sentWith(site, 'rounds-')).map((r) =>
			/rounds-(.)/.exec(JSON.stringify(r.body))[1]).join('');
		assert.match(order, /^(.)\1{3}(.)\2{3}(.)\3{3}$/);
	}
});
