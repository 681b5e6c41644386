// SPDX-License-Identifier: MIT
// A soak: many requests of all kinds to one kimi.fcgi. What it holds must not
// grow with their number.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { give, put, sleep, until } from '../e2e/lib/process.mjs';
import { Site } from '../e2e/lib/site.mjs';
import { apis, send } from './client.mjs';
import { bodyOf, models, pathOf } from './questions.mjs';
import { Random } from './random.mjs';

const KEY = 'sk-test';
const CLIENTS = 16;
const TURNS = 4; // of a conversation

const ask = (api, model, text, more = {}) => ({ api, key: KEY,
	path: pathOf[api], body: bodyOf(api, model,
		{ prompt: text, calls: more.calls || [] }, more) });

// What the fake Kimi does. A request's `how` is what must come of it, as
// client.mjs has it: 'ack' if there is none, anything if it is null.
const plays = (scene) => `fake:${JSON.stringify({ chunks: 4, ...scene })}`;

function alone(random) {
	const api = random.pick(Object.keys(apis));
	return ask(api, random.pick(models), plays({
		answer: random.text(random.between(20, 3000)) }), {
		stream: random.chance(0.5),
		store: random.pick([undefined, undefined, false]) });
}

const calls = (random) => ask('openai_chat', models[2], plays({
	tool_calls: [{ id: 'note:0', name: 'note', arguments: '{"n":1}' }] }),
{ stream: random.chance(0.5), calls: [{}] });

const turn = (random, n) => ({ ...ask('openai_chat', random.pick(models),
	plays({ answer: random.text(100) }), { stream: random.chance(0.5) }),
path: `/v1/chat/completions/soak-${Math.floor(n / TURNS)}` });

const leaves = (random) => ({ ...ask(random.pick(Object.keys(apis)),
	random.pick(models), plays({ answer: 'word '.repeat(40), chunks: 40,
		chunk_ms: 50 }), { stream: true }), leave: true, how: 'left' });

const refused = (random) => ({ ...ask('openai_chat', models[2], plays(
	random.pick([{ status: 400 }, { fault: 'content_filter' },
		{ fault: 'invalid_request' }])),
{ stream: random.chance(0.5) }), how: 'error' });

// The end of the reply is missing.
const broken = (random) => ({ ...ask(random.pick(['openai_chat',
	'anthropic_messages']), models[2], plays({ answer: 'word '.repeat(40),
	close_after: 2 }), { stream: true }), how: 'error' });

const wrong = (random) => ({ key: KEY, method: 'POST', how: 'error',
	...random.pick([
		{ path: '/v1/chat/completions', body: Buffer.from('{"model":') },
		{ path: '/v1/chat/completions', body: { model: 'none', messages: [] } },
		{ path: '/v1/messages', body: { model: 'k2' } },
		{ path: '/v1/chat/completions', body: {}, key: 'sk-wrong' },
		{ path: '/v1/responses/resp_none', method: 'GET' },
		{ path: '/v1/none' }]) });

const plain = (random) => ({ key: KEY, path: random.pick(['/v1/models',
	'/healthz', '/v1/conversations/none', '/v1/usages', '/']), how: null });

const kinds = [[50, alone], [8, calls], [15, turn], [6, leaves], [5, refused],
	[3, broken], [8, wrong], [5, plain]];

const lineOf = (file, name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm')
	.exec(fs.readFileSync(file, 'utf8'))[1]);

async function started() {
	const site = new Site('lighttpd_daemon', { settings: {
		KIMI_TOKENS: 'web:refresh-of-the-soak,platform:sk-of-the-soak,'
			+ 'code:sk-kimi-of-the-soak', KIMI_WEB_PROTOCOL: 'current',
		KIMI_LOG: '/dev/null' } });
	const library = path.join(site.dir, 'held.so');
	site.held = put(site.dir, 'held', '');
	execFileSync('cc', ['-D_GNU_SOURCE', '-O2', '-shared', '-fPIC', '-pthread',
		'-o', library, fileURLToPath(new URL('held.c', import.meta.url))]);
	give(library);
	site.options.under = ['env', `LD_PRELOAD=${library}`,
		`HELD=${site.held}`];
	await site.start();
	return site;
}

// The program gives free memory back when a crowd has left.
const CROWD = 40;

async function crowd(site) {
	const slow = ask('openai_chat', models[2], plays({
		answer: 'word '.repeat(20), chunks: 20, chunk_ms: 50 }),
	{ stream: true });
	await Promise.all(Array.from({ length: CROWD }, () => send(site, slow)));
}

// What the program holds once nothing runs, in KiB: `used` is what it has from
// malloc.
async function held(site) {
	const [pid] = site.programs();
	const status = `/proc/${pid}/status`;
	await crowd(site);
	await until('most threads have ended', () => lineOf(status, 'Threads') <= 4);
	await sleep(500);
	return { used: Number(fs.readFileSync(site.held, 'utf8')) / 1024,
		rss: lineOf(status, 'VmRSS'),
		pss: lineOf(`/proc/${pid}/smaps_rollup`, 'Pss'),
		descriptors: fs.readdirSync(`/proc/${pid}/fd`).length };
}

// Sends requests until each of `marks` is reached, and tells what the program
// holds then: { rows, unexpected }, the latter being answers that should have
// been others. options: seed, say(row).
export async function soak(marks, { seed = 1, say = () => {} } = {}) {
	const site = await started();
	const rows = [], unexpected = {};
	let n = 0;

	async function one() {
		const random = new Random(seed, n);
		const request = random.weighted(kinds)(random, n++);
		const { how, status, error } = await send(site, request);
		const expected = request.how === undefined ? 'ack' : request.how;
		if (expected === null || how === expected)
			return;
		const what = `${request.path.replace(/soak-.*/, 'soak')} ${how} ${
			status} ${error?.message ?? ''}`.slice(0, 200);
		unexpected[what] = (unexpected[what] || 0) + 1;
	}

	try {
		for (const mark of marks) {
			const begun = performance.now();
			await Promise.all(Array.from({ length: CLIENTS }, async () => {
				while (n < mark)
					await one();
			}));
			const seconds = (performance.now() - begun) / 1000;
			rows.push({ requests: n, seconds, ...await held(site) });
			say(rows.at(-1));
		}
		return { rows, unexpected };
	} finally {
		await site.stop();
	}
}

// What is wrong with the rows: what a program without leaks does not do.
export function growth(rows) {
	const [first, last] = [rows[0], rows.at(-1)];
	const wrong = [];
	if (last.used > first.used * 1.05)
		wrong.push(`${Math.round(first.used)} KiB in use became ${
			Math.round(last.used)}`);
	// Free pieces between those in use are not given back.
	if (last.rss > first.rss * 1.25)
		wrong.push(`${first.rss} KiB of RSS became ${last.rss}`);
	if (last.descriptors > first.descriptors + 2)
		wrong.push(`${first.descriptors} descriptors became ${
			last.descriptors}`);
	return wrong;
}
