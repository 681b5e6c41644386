// SPDX-License-Identifier: MIT
// The streams of the fake Kimi's Connect service: in time, cut, broken, odd.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startFake } from './lib/fake.mjs';
import { folder, inTime, retryIfLate, sleep, until }
	from './lib/process.mjs';
import { scene as play } from './lib/http.mjs';
import { accessToken } from './lib/jwt.mjs';
import { ask, connectChat, connectStream, envelopes, fold }
	from './lib/connect.mjs';

const text = 'Grüße, 世界! 🌍 "quoted" \\ and\ttabs';

test('streams of the fake Kimi web (Connect)', async (t) => {
	const fake = await startFake(folder('fake-streams'));
	const key = accessToken('user-of-streams');
	const say = (said, more) => connectChat(fake, key, ask(said, more));
	const scene = async (members) => {
		const r = await say(play(members));
		assert.equal(r.status, 200);
		assert.equal(r.rest.length, 0);
		return r;
	};
	const invalid = async (members, why) => {
		const r = await say(play(members));
		assert.deepEqual(r.frames.map((f) => f.flag), [2]);
		assert.equal(r.error.code, 'invalid_argument');
		assert.match(r.error.message, why);
	};

	t.after(async () => assert.equal((await fake.stop()).code, 0));
	await t.test('errors appear where the scene puts them', errors);
	await t.test('streams end as the scene says', ends);
	await t.test('unusual frames, and raw bytes', odd);
	await t.test('how the bytes are cut changes nothing else', cuts);
	await t.test('heartbeats bridge a silence', () => retryIfLate(heartbeats));
	await t.test('pieces leave on time and are stamped',
		() => retryIfLate(pace));
	await t.test('pieces leave together where the scene says so', groups);
	await t.test('a client that leaves is counted', aborted);
	await t.test('serves 300 concurrent streams', many);

	async function errors() {
		const error = { code: 'unavailable', message: 'Oh', reason: 'REASON_X' };
		const at = (where, after = 1) => scene({ answer: 'abcd', chunks: 2,
			error_after: after, error: { ...error, where } });
		const wanted = { code: 'unavailable', message: 'Oh', details: [{ debug: {
			reason: 'REASON_X', localizedMessage: { locale: 'en-US',
				message: 'Oh' } } }] };
		const tail = (r, n) => r.frames.slice(-n).map((f) => [f.flag, f.json]);

		let r = await at('trailer');
		assert.equal(r.text, 'ab');
		assert.deepEqual(tail(r, 1), [[2, { error: wanted }]]);
		assert.equal(r.done, false);
		r = await at('trailer_after_done', 2);
		assert.equal(r.text, 'abcd');
		assert.deepEqual(Object.keys(tail(r, 2)[0][1]), ['eventOffset', 'done']);
		assert.deepEqual(tail(r, 2)[1], [2, { error: wanted }]);
		r = await at('stream');
		assert.deepEqual(tail(r, 2), [[0, { error: wanted }], [2, {}]]);
		r = await at('exception');
		assert.deepEqual(r.exception, { reason: 'REASON_X',
			localizedMessage: { locale: 'zh-CN', message: 'Oh' },
			severity: 'SEVERITY_BLOCK_RETRACT' });
		assert.deepEqual(tail(r, 1), [[2, {}]]);
		assert.equal(r.text, '');
		const before = (await fake.stats()).chats.length;
		r = await at('only');
		assert.deepEqual(tail(r, 9), [[2, { error: wanted }]]);
		assert.equal((await fake.stats()).chats.length, before);
		r = await scene({ error_after: 0 });
		assert.equal(r.text, '');
		assert.equal(r.error.code, 'resource_exhausted');
		assert.equal(r.error.details[0].debug.reason,
			'REASON_SERVER_OVERLOADED_FOR_FREE_USER');
		await invalid({ error: { where: 'nowhere' } }, /error/);

		const plain = await say(play({ status: 503,
			headers: { 'Retry-After': '7' } }));
		assert.equal(plain.status, 503);
		assert.equal(plain.headers['retry-after'], '7');
		assert.equal(plain.json.code, 'unavailable');
		assert.match((await say(play({ status: 502 }))).text, /^<html>/);
	}

	async function ends() {
		const flags = async (members) => (await scene({ answer: 'abcd',
			...members }));
		let r = await flags({ end: 'missing' });
		assert.ok(r.done);
		assert.equal(r.trailer, null);
		r = await flags({ end: 'truncated' });
		assert.equal(r.text, 'abcd');
		assert.equal(r.status, 200);
		assert.equal(r.frames.at(-1).json.op, 'append');
		r = await flags({ end: 'undone' });
		assert.equal(r.done, false);
		assert.deepEqual(r.trailer, {});
		const cut = await connectStream(fake, key,
			ask(play({ answer: 'abcd', close_after: 2 }))).done;
		assert.equal(cut.ended, 'cut');
		assert.equal(fold(envelopes(cut.bytes).frames).text, 'ab');
		const none = await connectStream(fake, key,
			ask(play({ close_after: 0 }))).done;
		assert.equal(none.bytes.length, 0);
	}

	async function odd() {
		let r = await scene({ frame: 'empty' });
		assert.equal(r.frames.filter((f) => f.payload.length === 0).length, 4);
		r = await scene({ frame: 'grpc' });
		assert.equal(r.frames.at(-1).flag, 0x80);
		assert.equal(r.frames.at(-1).payload.toString(), 'grpc-status: 0\r\n');
		r = await scene({ frame: 'compressed', answer: text });
		const packed = r.frames.filter((f) => f.flag === 1);
		assert.equal(packed.map((f) => JSON.parse(gunzipSync(f.payload))
			.block.text.content).join(''), text);
		r = await say(play({ frame: 'oversized' }));
		assert.deepEqual([...r.rest.subarray(0, 5)], [0, 255, 255, 255, 255]);
		assert.ok(r.frames.at(-1).json.block.text);
		const bytes = Buffer.from([0, 0, 0, 0, 2, 123, 125, 255, 10, 13]);
		r = await say(play({ raw_base64: bytes.toString('base64') }));
		assert.deepEqual(r.bytes, bytes);
		await invalid({ raw_base64: '!' }, /raw_base64/);
	}

	async function cuts() {
		for (const cut_bytes of [1, 2, 3, 7]) {
			const r = await scene({ answer: text, reasoning: text, cut_bytes });
			assert.equal(r.text, text);
			assert.equal(r.think, text);
			assert.deepEqual(r.trailer, {});
		}
		const s = await connectStream(fake, key,
			ask(play({ answer: 'abcdefgh', one_write: true, chunk_ms: 10 })))
			.done;
		assert.equal(s.ended, 'end');
		assert.equal(fold(envelopes(s.bytes).frames).text, 'abcdefgh');
	}

	async function heartbeats() {
		const s = await connectStream(fake, key, ask(play({ silence_ms: 700,
			comment_ms: 200, answer: 'x' }))).done;
		const beats = envelopes(s.bytes).frames.filter((f) =>
			f.json.heartbeat);
		assert.equal(beats.length, 1 + 3);
		const last = s.pieces.at(-1).at - s.headAt;
		inTime(last > 650 && last < 1500, `${last} ms`);
	}

	async function pace() {
		const s = await connectStream(fake, key, ask(play({ answer: 'abcdef',
			chunks: 6, chunk_ms: 60, stamp: true }))).done;
		const stamps = [...fold(envelopes(s.bytes).frames).text
			.matchAll(/(\d{16}) ([a-f])/g)];
		assert.equal(stamps.map((m) => m[2]).join(''), 'abcdef');
		for (let i = 1; i < 6; i++) {
			const ms = (stamps[i][1] - stamps[i - 1][1]) / 1000;
			inTime(ms > 30 && ms < 300, `${ms} ms`);
		}
		const age = Math.abs(stamps[5][1] / 1000 - Date.now());
		inTime(age < 5000, `${age} ms off`);
	}

	async function groups() {
		const s = await connectStream(fake, key, ask(play({ answer: 'abcdef',
			reasoning: '', chunks: 6, chunk_ms: 20, together: 3,
			stamp: true }))).done;
		const said = [...fold(envelopes(s.bytes).frames).text
			.matchAll(/(\d{16}) ([a-f])/g)];
		const stamps = said.map((m) => Number(m[1]));
		assert.equal(said.map((m) => m[2]).join(''), 'abcdef');
		assert.deepEqual(stamps, [0, 0, 0, 3, 3, 3].map((i) => stamps[i]));
		assert.ok(stamps[3] > stamps[0]);
	}

	async function aborted() {
		const before = await fake.stats();
		const s = connectStream(fake, key, ask(play({ answer: 'abcd',
			chunk_ms: 600000 })));
		await until('the first piece comes', () => s.pieces.length);
		assert.equal((await fake.stats()).streams_open, 1);
		s.leave();
		await until('the fake sees it', async () => {
			const { streams_open, streams_aborted } = await fake.stats();
			return !streams_open
				&& streams_aborted === before.streams_aborted + 1;
		});
		const late = connectStream(fake, key, ask(play({ delay_ms: 600000 })));
		await sleep(100);
		late.leave();
		await until('the fake sees that too', async () =>
			(await fake.stats()).streams_aborted
				=== before.streams_aborted + 2);
	}

	async function many() {
		const streams = Array.from({ length: 300 }, (_, i) => connectStream(
			fake, key, ask(play({ hold: 'many', chunk_ms: 200 },
				`number ${i}`))));
		await until('all are open', async () =>
			(await fake.stats()).streams_open === 300);
		await fake.open('many');
		for (const [i, s] of streams.entries()) {
			await s.done;
			const { text: said, trailer } = fold(envelopes(s.bytes).frames);
			assert.ok(said.includes(`number ${i} `), said);
			assert.deepEqual(trailer, {});
		}
	}
});
