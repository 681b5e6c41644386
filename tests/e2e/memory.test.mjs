// SPDX-License-Identifier: MIT
// Large requests: what they take, who waits, who is refused, and that the
// memory is given back.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { call } from './lib/http.mjs';
import { askK3 } from './lib/kimi.mjs';
import { build, copy, runAs, slack, until } from './lib/process.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, errorOf } from './lib/suite.mjs';

const MIB = 1 << 20;
const long = (n, text = 'x') => text.repeat(Math.ceil(n / text.length));

const size = 16 * MIB;
const user = (content) => [{ role: 'user', content }];

const events = (list) => list.map((e) =>
	`event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`).join('');
const chat = 'data: {"choices":[{"index":0,"delta":{"content":"Hello"},'
	+ '"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const delta = (content) => `data: ${JSON.stringify({ choices: [{ index: 0,
	delta: { content } }] })}\n\n`;
const message = events([
	{ type: 'message_start', message: { usage: { input_tokens: 1 } } },
	{ type: 'content_block_start', index: 0,
		content_block: { type: 'text', text: '' } },
	{ type: 'content_block_delta', index: 0,
		delta: { type: 'text_delta', text: 'Hello' } },
	{ type: 'content_block_stop', index: 0 },
	{ type: 'message_delta', delta: { stop_reason: 'end_turn' },
		usage: { output_tokens: 1 } },
	{ type: 'message_stop' }]);

// A Kimi without limits, which keeps nothing but the sizes and hashes of what it
// got. A request that begins with "hold" waits for release().
async function startKimi() {
	const kimi = { got: [], held: 0, release: () => {} };
	const released = new Promise((resolve) => kimi.release = resolve);
	const server = http.createServer(async (req, res) => {
		const hash = createHash('sha256');
		let n = 0, head = '';
		for await (const piece of req) {
			head ||= piece.toString('latin1', 0, 500);
			n += piece.length;
			hash.update(piece);
		}
		kimi.got.push({ url: req.url, n, hash: hash.digest('hex') });
		res.setHeader('content-type', 'text/event-stream');
		if (head.includes('"huge'))
			for (let i = 0; i < 6; i++)
				res.write(delta(long(MIB)));
		if (head.includes('"hold')) {
			kimi.held++;
			await released;
		}
		res.end(req.url.endsWith('/messages') ? message : chat);
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	kimi.url = `http://127.0.0.1:${server.address().port}`;
	kimi.stop = () => new Promise((resolve) => {
		server.close(resolve);
		server.closeAllConnections();
	});
	return kimi;
}

// A site with such a Kimi.
function withKimi(title, settings, body) {
	test(title, async (t) => {
		const kimi = await startKimi();
		const site = await startSite('nginx', { settings: {
			MOONSHOT_URL: `${kimi.url}/v1`,
			KIMI_CODE_URL: `${kimi.url}/coding/v1`,
			KIMI_TOKENS: 'platform:sk-of-the-test,'
				+ 'code:sk-kimi-of-the-test',
			...settings } });
		try {
			await body((what, fn) => t.test(what, fn), site, kimi);
		} finally {
			kimi.release();
			await site.stop();
			await kimi.stop();
		}
	});
}

// A line of /proc/PID/status in MiB.
function memoryOf(pid, what) {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)[1]) / 1024;
}

// What the program takes more at its peak while `work` runs.
async function peakOf(site, work) {
	const [pid] = site.programs();
	const before = memoryOf(pid, 'VmRSS');
	writeFileSync(`/proc/${pid}/clear_refs`, '5');
	await work();
	return memoryOf(pid, 'VmHWM') - before;
}

const image = `data:image/png;base64,iVBORw0KGgo${long(size, 'AbC1')}`;
// How many times its size each may take.
const requests = {
	'one message': ['/v1/chat/completions', askK3(long(size / 2, 'a"\\\n')), 1.5],
	'an image': ['/v1/chat/completions', { model: 'kimi-k3', messages: user([
		{ type: 'image_url', image_url: { url: image } }]) }, 1.5],
	'eight replies': ['/v1/chat/completions',
		askK3(long(size), { n: 8 }), 1.5],
	'a stored response': ['/v1/responses',
		{ model: 'kimi-k3', input: long(size) }, 2.3],
	'a conversation': ['/v1/chat/completions/of-memory',
		askK3(long(size)), 2.3],
	'a message of Anthropic\'s': ['/v1/messages', { model: 'kimi-k3',
		max_tokens: 10, messages: user(long(size)) }, 1.5],
	'... to Kimi Code': ['/v1/messages', { model: 'kimi-for-coding',
		max_tokens: 10, messages: user(long(size)) }, 1.5],
	'100,000 messages': ['/v1/chat/completions', { model: 'kimi-k3',
		messages: Array(100000).fill(user(long(200))[0]) }, 4.5],
};

// Sanitizers keep what is freed, and more.
if (slack === 1)
	withKimi('memory of large requests', {}, takes);

async function takes(check, site) {
	answerOf(await call(site, '/v1/chat/completions', { body: askK3('hello') }));
	const [pid] = site.programs();
	const idle = memoryOf(pid, 'VmRSS');

	for (const [what, [route, body, most]] of Object.entries(requests))
		await check(`${what}: ${most} times its size at most`, async () => {
			const bytes = Buffer.from(JSON.stringify(body));
			const peak = await peakOf(site, async () => {
				const r = await call(site, route, { body: bytes });
				assert.equal(r.status, 200, r.text.slice(0, 500));
			}) * MIB / bytes.length;
			assert.ok(peak < most, `it was ${peak}`);
		});
	await check('all of it is given back', () =>
		until('the program is as small as before',
			() => memoryOf(pid, 'VmRSS') < idle + 10));
}

withKimi('a bound for all large requests', { KIMI_MEMORY: 16 * MIB },
	async (check, site) => {
		await check('they take turns, and all are served', async () => {
			const each = async () => answerOf(await call(site,
				'/v1/chat/completions', { body: askK3(long(6 * MIB)) }));
			const all = () => Promise.all(Array(8).fill(0).map(each));
			if (slack > 1)
				return all();
			const peak = await peakOf(site, all);
			return assert.ok(peak < 16 * 1.5 + 8, `it was ${peak} MiB`);
		});
		await check('one that is larger is served alone', async () => {
			answerOf(await call(site, '/v1/chat/completions',
				{ body: askK3(long(20 * MIB)) }));
		});
	});

withKimi('a bound that is reached', { KIMI_MEMORY: 8 * MIB, KIMI_QUEUE: 0.2 },
	async (check, site, kimi) => {
	const first = send(askK3(`hold ${long(5 * MIB)}`));
	await until('Kimi has it', () => kimi.held === 1);

	await Promise.all([
		check('who waits in vain gets a 503 that says why', full),
		check('... in the words of the dialect', fullOfAnthropic),
		check('... also when its size shows late', late),
		check('... or its many values do', values),
		check('... or its reply grows', async () =>
			refused(await send(askK3('huge')))),
		check('small requests do not wait', async () => {
			answerOf(await call(site, '/v1/chat/completions',
				{ body: askK3('hello') }));
		}),
	]);
	await check('a reply that ends makes room', async () => {
		kimi.release();
		answerOf(await first);
		await until('there is room', async () => (await send()).status === 200);
	});

	function send(body = askK3(long(6 * MIB)), headers = {}) {
		return call(site, '/v1/chat/completions', { body, headers });
	}

	function refused(r) {
		const error = errorOf(r, 503);
		assert.match(error.message, /memory .*KIMI_MEMORY/);
		assert.ok(Number(r.headers['retry-after']) > 0);
	}

	async function full() {
		const marks = site.marks();
		refused(await send());
		await until('a line in the log', () =>
			/ 503 .*KIMI_MEMORY/.test(site.logs(marks)));
	}

	async function fullOfAnthropic() {
		const r = await call(site, '/v1/messages', { body: { model: 'kimi-k3',
			max_tokens: 10, messages: user(long(6 * MIB)) } });
		assert.equal(r.status, 529, r.text);
		assert.equal(r.json.error.type, 'overloaded_error');
		assert.match(r.json.error.message, /KIMI_MEMORY/);
	}

	async function late() {
		refused(await send(zlib.gzipSync(JSON.stringify(
			askK3(long(6 * MIB)))), { 'content-encoding': 'gzip' }));
	}

	async function values() {
		refused(await send(`{"model":"kimi-k3","messages":[${
			long(400000, '{},')}{}]}`));
	}
});

// kimi.cgi with less address space than it wants; `body` is its input.
function withSpace(site, program, mib, body) {
	const child = spawn('/bin/sh', ['-c', `ulimit -v ${mib * 1024}; exec "$0"`,
		program], { ...runAs, cwd: '/', env: {
		REQUEST_METHOD: 'POST', REQUEST_URI: '/v1/chat/completions',
		CONTENT_LENGTH: String(body.length),
		HTTP_AUTHORIZATION: 'Bearer sk-test',
		KIMI_CONFIG: path.join(site.kimi, 'kimi.conf') },
	stdio: ['pipe', 'pipe', 'ignore'] });
	let text = '';
	child.stdout.on('data', (p) => text += p);
	child.stdin.on('error', () => {});
	child.stdin.end(body);
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code, signal) => resolve({ text, code, signal }));
	});
}

if (slack === 1)
	withKimi('a system without memory', { KIMI_MAX_BODY: 128 * MIB }, async (check, site) => {
		const program = copy(path.join(build, 'kimi.cgi'), site.kimi,
			'kimi.cgi', 0o755);
		const ask = (mib, n) => withSpace(site, program, mib,
			JSON.stringify(askK3(long(n))));

		await check('a large request is told so', async () => {
			const marks = site.marks();
			const r = await ask(70, 60 * MIB);
			assert.match(r.text, /^Status: 503/, JSON.stringify(r));
			assert.match(r.text, /out of memory/);
			assert.match(site.logs(marks), / 503 .*out of memory/);
		});
		await check('a small one is answered', async () => {
			const r = await ask(70, 1000);
			assert.match(r.text, /^Status: 200/, JSON.stringify(r));
		});
	});
