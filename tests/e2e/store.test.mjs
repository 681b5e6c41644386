// SPDX-License-Identifier: MIT
// What is stored about each request, and that people can read it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { sleep, until } from './lib/process.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

withSite('store', 'lighttpd_fastcgi', {}, async (check, site) => {
	const secrets = ['refresh-of-the-test', 'sk-of-the-test', 'sk-test',
		'sk-other', 'eyJhbGci'];
	const rowOf = (reply) => site.row(reply.headers['x-request-id']);

	await Promise.all([
		check('a good request is stored completely', good),
		check('the row is closed before the client sees the end', before),
		check('a failed request is stored with its error', bad),
		check('a refused request is stored too', refused),
		check('a request whose client left is stored with what it got',
			left),
	]);
	await check('the views are readable by people', views);
	await check('the file is private and in WAL mode', file);
	await check('the log has one line per request and no secrets', log);
	await check('DEBUG logs each step and no secrets', debug);

	async function good() {
		for (const model of ['k2', 'kimi-k3']) {
			const t0 = performance.now();
			const gate = `row-${model}`;
			const s = stream(site, say(scene({ answer: 'one two three',
				reasoning: '', chunks: 3, gate, silence_ms: 100 }),
			{ model }));
			await s.content(1);
			await sleep(300);
			await site.fake.open(gate, 2);
			await finished(s);
			const row = await rowOf(s);
			const waited = performance.now() - t0;
			assert.equal(row.status, 'done');
			assert.equal(row.http_status, 200);
			assert.equal(row.model, model);
			assert.equal(row.dialect, 'openai_chat');
			assert.equal(row.stream, 1);
			assert.ok(row.credential, 'no credential');
			assert.ok(row.prompt_tokens > 0 && row.completion_tokens > 0);
			assert.equal(row.token_source,
				model === 'k2' ? 'estimated' : 'upstream');
			assert.ok(row.first_token_ms >= 90,
				`first after ${row.first_token_ms}`);
			assert.ok(row.duration_ms >= row.first_token_ms + 250
				&& row.duration_ms <= waited,
			`${row.first_token_ms} of ${row.duration_ms} ms`);
			assert.ok(!row.error);
			const plain = await chat(site, say('hello', { model }));
			const other = await rowOf(plain);
			assert.equal(other.stream, 0);
			assert.equal(other.key_id, row.key_id);
			assert.ok(!JSON.stringify(other).includes('sk-test'));
		}
	}

	async function before() {
		for (let i = 0; i < 5; i++) {
			const s = await finished(stream(site, say('hello'),
				{ path: `/v1/chat/completions/before-${i}` }));
			const [row] = await site.query(`SELECT status FROM requests
				WHERE id = '${s.headers['x-request-id']}'`);
			assert.equal(row.status, 'done');
		}
	}

	async function bad() {
		const r = await chat(site, say(scene({ status: 500 }),
			{ model: 'kimi-k3' }), { key: 'platform:sk-for-a-failing-row' });
		assert.equal(r.status, 502);
		const row = await rowOf(r);
		assert.equal(row.status, 'failed');
		assert.equal(row.http_status, 502);
		assert.match(row.error, /\w/);
	}

	async function refused() {
		const r = await chat(site, { model: 'k2', messages: [
			{ role: 'tool', tool_call_id: 'none', content: 'x' }] });
		assert.equal(r.status, 400);
		const row = await rowOf(r);
		assert.equal(row.status, 'refused');
		assert.equal(row.http_status, 400);
	}

	async function left() {
		const s = stream(site, say(scene({ answer: 'one two three four',
			chunks: 2, chunk_ms: 9000 })));
		await s.content(1);
		s.leave();
		const row = await rowOf(s);
		assert.equal(row.status, 'cancelled');
		assert.ok(row.completion_tokens > 0);
	}

	async function views() {
		answerOf(await chat(site, say('what people say'),
			{ path: '/v1/chat/completions/readable' }));
		answerOf(await chat(site, say('and say again'),
			{ path: '/v1/chat/completions/readable' }));
		const sessions = await site.query('SELECT * FROM v_sessions');
		assert.ok(sessions.some((s) =>
			Object.values(s).includes('readable')));
		const messages = JSON.stringify(
			await site.query('SELECT * FROM v_messages'));
		for (const text of ['what people say', 'and say again',
			'This is the fake Kimi'])
			assert.ok(messages.includes(text), text);
		for (const view of ['v_usage_daily', 'v_usage_by_key', 'v_errors'])
			assert.ok((await site.query(`SELECT * FROM ${view}`)).length,
				`${view} is empty`);
		// Days and times as people write them.
		const [daily] = await site.query('SELECT * FROM v_usage_daily');
		assert.ok(Object.values(daily).includes(
			new Date().toISOString().slice(0, 10)), JSON.stringify(daily));
	}

	async function file() {
		assert.equal(fs.statSync(site.db).mode & 0o777, 0o600);
		const [row] = await site.query('PRAGMA journal_mode');
		assert.equal(row.journal_mode, 'wal');
		const tables = await site.query(`SELECT name, sql FROM sqlite_schema
			WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`);
		for (const { name, sql } of tables)
			assert.match(sql, /STRICT/, name);
		const [version] = await site.query('PRAGMA user_version');
		assert.ok(version.user_version >= 1);
	}

	function logText() {
		return fs.readFileSync(path.join(site.dir, 'kimi.log'), 'utf8');
	}

	async function log() {
		const r = await chat(site, say('a private question'));
		const id = r.headers['x-request-id'];
		await until('its line', () => logText().includes(id));
		await sleep(50);
		const lines = logText().split('\n');
		assert.equal(lines.filter((l) => l.includes(id)).length, 1);
		assert.match(lines.find((l) => l.includes(id)), /\b200\b/);
		for (const secret of [...secrets, 'a private question'])
			assert.ok(!logText().includes(secret), secret);
	}

	async function debug() {
		site.configure({ DEBUG: 'true' });
		await site.restart();
		const r = await chat(site, say('hello'));
		await chat(site, say('hello'), { key: 'nonsense-that-is-no-key' });
		await chat(site, say('hello'), { key: 'platform:sk-brought-by-client-99999' });
		await call(site, '/v1/models');
		const id = r.headers['x-request-id'];
		assert.ok(logText().split('\n').filter((l) => l.includes(id))
			.length > 2);
		for (const secret of [...secrets, 'nonsense-that-is-no-key',
			'sk-brought-by-client-99999'])
			assert.ok(!logText().includes(secret), secret);
	}
});
