// SPDX-License-Identifier: MIT
// Test files with a site, and the tests that every mount must pass.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { inTime, retryIfLate, sleep, until } from './process.mjs';
import { Stream, call, chat, say, scene, stream } from './http.mjs';
import { platformKey } from './kimi.mjs';
import { hides, obeysNoQuery, passesOnRoutes, servesNoFiles }
	from './paths.mjs';
import { startSite } from './site.mjs';

// One site that is started before its tests and ended after them. `body` gets a
// function `check(title, fn)`; a failing test shows what was logged meanwhile.
// Checks run concurrently unless awaited.
export function withSite(title, name, options, body) {
	test(title, { concurrency: true }, async (t) => {
		const site = await startSite(name, options);
		const check = (what, fn) => t.test(what, async (t) => {
			const marks = site.marks();
			try {
				await fn(t);
			} catch (e) {
				for (const line of site.logs(marks).split('\n'))
					t.diagnostic(line);
				throw e;
			}
		});
		try {
			await body(check, site);
		} finally {
			await site.stop();
		}
	});
}

// The error of a reply, which must have OpenAI's format.
export function errorOf(reply, status) {
	assert.equal(reply.status, status, reply.text.slice(0, 500));
	assert.match(reply.headers['content-type'], /^application\/json/);
	const { error } = reply.json;
	assert.deepEqual(Object.keys(error).sort(),
		['code', 'message', 'param', 'type']);
	assert.equal(typeof error.message, 'string');
	assert.notEqual(error.message, '');
	return error;
}

export function answerOf(reply) {
	assert.equal(reply.status, 200, reply.text.slice(0, 500));
	return reply.json.choices[0].message.content;
}

export async function finished(s) {
	await s.done;
	assert.equal(s.status, 200, s.raw.slice(0, 500));
	assert.ok(s.finished, `no [DONE] in ${s.raw.slice(-500)}`);
	return s;
}

let serial = 0;

const KEEPALIVE = 1;
const LIMIT = 3;

const STAMP = /\d{16} /g;
const live = 'word '.repeat(20).trim();

// A stream whose pieces leave Kimi one by one, each after the client has got
// the previous one: a server that buffers would never finish. The first `more`
// may arrive together. Returns the median delay of the pieces in ms.
async function inSteps(fake, watch, more = 0) {
	const gate = `steps-${++serial}`;
	const s = watch(scene({ answer: live, reasoning: '', chunks: 20, gate,
		stamp: true }));
	if (more)
		await fake.open(gate, more);
	for (let n = more + 1; n < 20; n++) {
		await s.content(n);
		await fake.open(gate);
	}
	await finished(s);
	assert.equal(s.text.replace(STAMP, ''), live);
	assert.equal(s.events.at(-1).data, '[DONE]');
	const delays = s.contents.slice(more).map(({ at, chunk }) =>
		performance.timeOrigin + at
			- parseInt(chunk.choices[0].delta.content, 10) / 1000)
		.sort((a, b) => a - b);
	return { s, middle: delays[delays.length >> 1] };
}

// The same without the proxy, as a reference for how busy the machine is.
const alone = (fake) => inSteps(fake, (text) => stream(fake, say(text,
	{ model: 'kimi-k3' }), { key: platformKey().replace('platform:', '') }));

export async function streamsLive(site, watch, more = 0) {
	return retryIfLate(async () => {
		const { s, middle } = await inSteps(site.fake, watch, more);
		const reference = (await alone(site.fake)).middle;
		inTime(middle < 100 + 5 * reference,
			`events came ${middle} ms late, Kimi's own ${reference} ms`);
		return s;
	});
}

export function serverTests(name) {
	const options = { limit: LIMIT, settings: {
		KIMI_KEEPALIVE: KEEPALIVE, KIMI_DRAIN: 1 } };
	withSite(name.replace('_', ' '), name, options, async (check, site) => {
		const at = site.mount.prefix || '';
		const path = `${at}/v1/chat/completions`;
		const ask = (text, more) => chat(site, say(text), { path, ...more });
		const watch = (text) => stream(site, say(text), { path });

		// Large and numerous requests come later: they would distort measurements.
		const quiet = [
			check('streams live', () => streamsLive(site, watch)),
			check('lists models', async () => {
				const r = await call(site, `${at}/v1/models`,
					{ key: '' });
				assert.equal(r.status, 200);
				assert.ok(r.json.data.some((m) => m.id === 'k2'));
			}),
			check('replies to a chat', async () => {
				assert.match(answerOf(await ask('hello')),
					/^This is the fake Kimi/);
			}),
			check('serves under a prefix', async () => {
				const r = await chat(site, say('hello'), {
					path: '/kimi/v1/chat/completions' });
				assert.match(answerOf(r), /fake Kimi/);
			}),
			check('streams to clients that take gzip', async () => {
				const zipped = (text) => stream(site, say(text),
					{ path: '/kimi/v1/chat/completions',
						headers: { 'accept-encoding': 'gzip' } });
				// mod_deflate looks at the first pieces before it
				// steps aside.
				const s = await streamsLive(site, zipped, 6);
				assert.equal(s.headers['content-encoding'],
					undefined);
			}),
			check('remembers a conversation', async () => {
				const more = { path: `${path}/chat-of-${name}` };
				answerOf(await ask('my dog is Rex', more));
				assert.match(answerOf(await ask('recall', more)),
					/my dog is Rex/);
			}),
			check('remembers one by its base URL', async () => {
				const more = { path: `${at}/c/url-of-${name}`
					+ '/v1/chat/completions' };
				answerOf(await ask('my cat is Tom', more));
				assert.match(answerOf(await ask('recall', more)),
					/my cat is Tom/);
			}),
			check('sees Authorization and x-api-key', async () => {
				answerOf(await ask('hello', { key: 'sk-other' }));
				answerOf(await ask('hello', { key: '',
					headers: { 'x-api-key': 'sk-other' } }));
			}),
			check('replies 401 in OpenAI\'s format', async () => {
				const r = await ask('hello', { key: '' });
				assert.equal(errorOf(r, 401).type,
					'invalid_request_error');
				errorOf(await ask('hello', { key: '?!' }), 401);
			}),
			check('bridges silence beyond the server\'s timeout',
				async () => {
					const s = await finished(watch(scene({
						silence_ms: 5500, answer: 'at last' })));
					assert.equal(s.text, 'at last');
					assert.ok(s.comments.length >= 4,
						`${s.comments.length} keep-alives`);
				}),
			check('stops the upstream when the client leaves', () =>
				leaveInSilence(site, watch,
					site.mount.gone === 'at once' ? 0 : 3)),
			check('notices that a client left before the first byte',
				() => leaveEarly(site, path)),
		];
		await quiet[0];
		await Promise.all([...quiet,
			check('passes on every documented route',
				() => passesOnRoutes(site)),
			check('never serves the program or its settings as files',
				() => servesNoFiles(site)),
			check('obeys no words of a query, as the command would',
				() => obeysNoQuery(site)),
			check('accepts a body of 1 MiB', async () => {
				const text = 'long '.repeat(210000);
				const r = await ask(scene({ answer: 'read' }, text));
				assert.equal(answerOf(r), 'read');
				const [got] = (await site.fake.requests()).filter((q) =>
					JSON.stringify(q.body).length > 1e6);
				assert.ok(JSON.stringify(got.body)
					.includes(text.slice(0, -1)));
			}),
			check('accepts a body without a length', async () => {
				const text = 'long '.repeat(20000);
				const r = await ask(scene({ answer: 'read' }, text),
					{ chunked: true });
				assert.equal(answerOf(r), 'read');
			}),
			check('accepts a compressed body', async () => {
				const body = gzipSync(JSON.stringify(
					say(scene({ answer: 'read' }, 'zipped'))));
				const r = await call(site, path, { body,
					headers: { 'content-encoding': 'gzip' } });
				assert.equal(answerOf(r), 'read');
			}),
			check('refuses a body over 32 MiB in OpenAI\'s format',
				async () => {
					const r = await ask('x'.repeat(32 << 20));
					assert.equal(errorOf(r, 413).code,
						'request_too_large');
				}),
			check('errors early for a big body', async () => {
				const r = await ask('x'.repeat(1 << 20),
					{ key: '' });
				errorOf(r, 401);
			}),
		]);
		await check('reloads during a stream', () =>
			reloads(site, watch));
		await check('a crash ends a stream without [DONE]', () =>
			crashes(site, watch, ask));
		if (name === 'apache_htaccess')
			await check('hides settings, database and log', () =>
				hides(site));
		await check('refuses a database in the document root', async () => {
			site.configure({ KIMI_DB: `${site.dir}/tmp/kimi.db` });
			await site.crash();
			await until('a request is refused', async () =>
				/document root.*KIMI_DB/.test((await ask('x')).text));
			assert.ok(!fs.existsSync(`${site.dir}/tmp/kimi.db`));
		});
	});
}

// A client that wants a whole reply leaves before any of it. No web server has
// to say so, but its connection does.
async function leaveEarly(site, path) {
	const name = `early-${++serial}`;
	const s = new Stream(site, `${path}/${name}`, { body: say(
		scene({ delay_ms: 60000 }, name)) });
	await until('Kimi has the request', async () =>
		(await site.fake.requests()).some((r) =>
			JSON.stringify(r.body ?? '').includes(name)));
	s.leave();
	const line = await until('the request ends', () =>
		fs.readFileSync(join(site.dir, 'kimi.log'), 'utf8')
			.split('\n').find((l) => l.includes(`/${name} `)));
	assert.match(line, / 0 \d+ms .* The client left\.$/);
}

// A client leaves while Kimi is silent, and the stream at Kimi must end within
// `most` keep-alives. They are counted on another silent stream that began
// earlier, so that a busy machine delays both. Returns the row of the stream
// whose client left.
export async function leaveInSilence(site, watch, most) {
	return retryIfLate(async () => {
		const silent = scene({ answer: 'one two', reasoning: '', chunks: 2,
			gate: `never-${++serial}` });
		const clock = watch(silent);
		await clock.content(1);
		const begun = clock.comments.length;
		const { streams_aborted: before } = await site.fake.stats();
		const s = watch(silent);
		await s.content(1);
		s.leave();
		await until('the fake Kimi sees its stream end', async () =>
			(await site.fake.stats()).streams_aborted > before, 10);
		const row = await site.row(s.headers['x-request-id']);
		const beats = clock.comments.length - begun;
		clock.leave();
		assert.equal(row.status, 'cancelled');
		await site.row(clock.headers['x-request-id']);
		inTime(beats <= most, `only after ${beats} keep-alives`);
		return row;
	});
}

async function reloads(site, watch) {
	const s = watch(scene(site.mount.cuts
		? { answer: 'word '.repeat(40), chunks: 40, chunk_ms: 500 }
		: { answer: 'word '.repeat(20), chunks: 20, chunk_ms: 150 }));
	await s.content(2);
	site.reload();
	await s.done;
	if (!site.mount.cuts) {
		assert.ok(s.finished, s.raw.slice(-300));
		assert.equal(s.contents.length, 20);
	} else if (!s.finished) {
		assert.ok(s.error, `no error event in ${s.raw.slice(-300)}`);
		assert.equal(s.finish, undefined);
	}
	await until('the server serves on', site.healthy);
	const again = await finished(watch('hello'));
	assert.match(again.text, /fake Kimi/);
}

async function crashes(site, watch, ask) {
	const s = watch(scene({ answer: 'word '.repeat(20), chunks: 20,
		chunk_ms: 200 }));
	await s.content(2);
	assert.ok(await site.crash() > 0, 'found no program to kill');
	await s.done;
	assert.ok(!s.finished, s.raw.slice(-300));
	assert.equal(s.finish, undefined);
	for (let tries = site.mount.reopens || 10; ; tries--) {
		const r = await ask('hello');
		if (r.status === 200)
			break;
		assert.ok(tries > 1, `still ${r.status} ${r.text.slice(0, 300)}`);
		await sleep(100);
	}
}

export { sleep };
