// SPDX-License-Identifier: MIT
// Keys that are replaced, revoked, at their end or kept from a model while
// requests run: each is told so at once, nobody is cut off, and what belongs to
// a key stays.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { programOf } from './lib/command.mjs';
import { runAs, sleep, until } from './lib/process.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const GRACE_S = 2;
const WORDS = 12;
const k3 = { model: 'kimi-k3' };

withSite('key rotation', 'lighttpd_fastcgi', {}, async (check, site) => {
	const statuses = new Set();
	let serial = 0;

	await check('a replaced secret goes on for its grace, under load', grace);
	await check('a revoked key is refused, and its streams end', revoked);
	await check('a key that ends in mid-stream ends the stream as usual', ended);
	await check('a model can be taken from a key', model);
	await check('conversations stay when a secret is replaced', conversation);
	await check('a used-up budget stays used up', budget);
	await check('nothing else came of all that', () =>
		assert.deepEqual([...statuses].sort(), [200, 401, 403, 429]));

	// What the command prints; requests go on meanwhile.
	function command(...words) {
		return new Promise((resolve, reject) => {
			const p = spawn(programOf(site), ['key', ...words,
				'--config', path.join(site.kimi, 'kimi.conf')],
			{ cwd: '/', ...runAs, env: { PATH: process.env.PATH,
				LC_ALL: 'C.UTF-8' }, stdio: ['ignore', 'pipe', 'pipe'] });
			const said = { out: '', err: '' };
			p.stdout.on('data', (text) => said.out += text);
			p.stderr.on('data', (text) => said.err += text);
			p.on('close', (status) => status === 0
				? resolve(said.out.trim()) : reject(new Error(said.err)));
		});
	}

	async function ask(key, body = k3, request = {}) {
		const r = await chat(site, say('hello', body), { key, ...request });
		statuses.add(r.status);
		return r;
	}

	// A stream that has begun and ends when its gate is opened.
	async function begun(key, body = k3) {
		const gate = `rotation-${++serial}`;
		const s = stream(site, say(scene({ chunks: WORDS, reasoning: '',
			answer: 'word '.repeat(WORDS).trim(), gate }), body), { key });
		await s.content(1);
		return { end: async () => {
			await site.fake.open(gate, WORDS);
			assert.equal((await finished(s)).text,
				'word '.repeat(WORDS).trim());
		} };
	}

	// Requests one after the other, with the times of each, until told to end.
	async function load(key, going, log) {
		while (going()) {
			const sent = Date.now();
			const r = await ask(key);
			log.push({ sent, done: Date.now(), status: r.status,
				text: r.text });
		}
	}

	async function grace() {
		const old = await command('add', 'grace');
		const log = { old: [], new: [] };
		let going = true;
		const loads = [1, 2, 3, 4].map(() => load(old, () => going, log.old));
		const running = await begun(old);
		const secret = await command('rotate', 'grace', '--grace', `${GRACE_S}s`);
		loads.push(load(secret, () => going, log.new));
		const { secrets } = JSON.parse(await command('show', 'grace', '--json'));
		const end = Date.parse(secrets.find((s) => s.valid_until).valid_until);
		await until('the old secret is refused', () =>
			log.old.filter((r) => r.status === 401).length >= 4);
		going = false;
		await Promise.all(loads);
		for (const r of log.old)
			if (r.done < end)
				assert.equal(r.status, 200, r.text);
			else if (r.sent > end)
				assert.equal(r.status, 401, r.text);
		assert.ok(log.old.some((r) => r.status === 200));
		assert.match(log.old.at(-1).text, /replaced by a new one/);
		assert.ok(log.new.length > 0);
		for (const r of log.new)
			assert.equal(r.status, 200, r.text);
		await running.end();
	}

	async function revoked() {
		const key = await command('add', 'revoked');
		const running = await begun(key);
		await command('revoke', 'revoked', '--yes');
		assert.match(errorOf(await ask(key), 401).message, /was revoked/);
		await running.end();
	}

	async function ended() {
		const key = await command('add', 'ends');
		const running = await begun(key);
		await command('set', 'ends', '--expires', '1s');
		await until('it has ended', async () =>
			(await ask(key)).status === 401);
		assert.match(errorOf(await ask(key), 401).message, /expired/);
		await running.end();
		await command('set', 'ends', '--expires', 'none');
		answerOf(await ask(key));
	}

	async function model() {
		const key = await command('add', 'models', '--models', 'kimi-k3,k2');
		const running = await begun(key, { model: 'k2' });
		await command('set', 'models', '--models', 'kimi-k3');
		const e = errorOf(await ask(key, { model: 'k2' }), 403);
		assert.equal(e.code, 'model_not_allowed');
		assert.match(e.message, /'k2'.*kimi-k3/);
		answerOf(await ask(key));
		const listed = (await call(site, '/v1/models', { key })).json.data;
		assert.deepEqual(listed.map((m) => m.id), ['kimi-k3']);
		await running.end();
	}

	async function conversation() {
		const old = await command('add', 'talks');
		const where = { path: '/v1/chat/completions/rotation' };
		answerOf(await chat(site, say('my dog is Rex', k3),
			{ key: old, ...where }));
		const key = await command('rotate', 'talks');
		errorOf(await ask(old), 401);
		assert.match(answerOf(await chat(site, say('recall', k3),
			{ key, ...where })), /my dog is Rex/);
	}

	async function budget() {
		const old = await command('add', 'spends', '--budget', '200tokens/day');
		const body = { ...k3, max_tokens: 50 };
		await until('it is used up', async () =>
			(await ask(old, body)).status === 429);
		const key = await command('rotate', 'spends');
		assert.equal(errorOf(await ask(key, body), 429).code,
			'insufficient_quota');
		await command('set', 'spends', '--budget', 'none');
		answerOf(await ask(key, body));
	}
});
