// SPDX-License-Identifier: MIT
// The threads of kimi.fcgi wait for the next connection: requests in turn need
// no new ones, a crowd leaves few behind, and nothing of a request is found in
// the next one that its thread serves.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { until } from './lib/process.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

const CROWD = 60;

withSite('threads that wait', 'lighttpd_daemon', {}, async (check, site) => {
	const { pid } = site.daemon;
	const threads = () => fs.readdirSync(`/proc/${pid}/task`);

	// It takes 8 MiB, and not every version may be loaded twice at once.
	await check('the HTTP library is loaded by the first who need it',
		async () => {
			const loaded = () => /libcurl/.test(
				fs.readFileSync(`/proc/${pid}/maps`, 'utf8'));
			assert.equal((await call(site, '/healthz')).status, 200);
			assert.ok(!loaded());
			await Promise.all(Array.from({ length: 8 }, async () =>
				answerOf(await chat(site, say('hello')))));
		});
	await check('requests in turn are served by the same ones', async () => {
		const seen = new Set(threads());
		const before = seen.size;
		for (let i = 0; i < 40; i++) {
			answerOf(await chat(site, say('hello')));
			for (const id of threads())
				seen.add(id);
		}
		// A slow machine may let one wait in vain.
		assert.ok(seen.size - before < 10, `${seen.size - before} new ones`);
	});
	await check('nothing of a request is left for the next', async () => {
		const ids = new Set();
		for (let i = 0; i < 10; i++) {
			const text = `answer ${i}`;
			const replies = [
				await call(site, '/v1/nothing', { body: say('x') }),
				await chat(site, say(scene({ answer: text }))),
				await call(site, '/v1/models', { method: 'HEAD' }),
				await chat(site, 'no JSON', { key: 'wrong' }),
				await chat(site, say('x'.repeat(100000))),
				await call(site, '/healthz', { key: '' }),
			];
			assert.deepEqual(replies.map((r) => r.status),
				[404, 200, 200, 401, 200, 200]);
			assert.equal(answerOf(replies[1]), text);
			for (const r of replies)
				ids.add(r.headers['x-request-id']);
		}
		assert.equal(ids.size, 60);
	});
	await check('of a crowd few are left', async () => {
		const gate = 'crowd';
		const all = await Promise.all(Array.from({ length: CROWD }, () =>
			stream(site, say(scene({ chunks: 2, answer: 'so long', gate })))));
		await Promise.all(all.map((s) => s.content(1)));
		assert.ok(threads().length > CROWD);
		await site.fake.open(gate, CROWD);
		for (const s of all)
			assert.equal((await finished(s)).contents.length, 2);
		await until('few threads are left', () => threads().length <= 4);
		answerOf(await chat(site, say('hello')));
	});
	await check('SIGTERM ends those that wait', async () => {
		site.daemon.child.kill('SIGTERM');
		assert.equal((await site.daemon.ended).code, 0);
		await site.startProgram();
		answerOf(await chat(site, say('hello')));
	});
});
