// SPDX-License-Identifier: MIT
// A soak: many requests of all kinds to one kimi.fcgi. What it holds must not
// grow with their number.

import fs from 'node:fs';
import { sleep, until } from '../e2e/lib/process.mjs';
import { startSite } from '../e2e/lib/site.mjs';
import { apis, send } from './client.mjs';
import { bodyOf, models, pathOf } from './questions.mjs';
import { Random } from './random.mjs';

const KEY = 'sk-test';
const CLIENTS = 16;
const TURNS = 4; // of a conversation

const ask = (api, model, text, more = {}) => ({ api, key: KEY,
	path: pathOf[api], body: bodyOf(api, model,
		{ prompt: text, calls: more.calls || [] }, more) });

// What a client gets unless it is said otherwise: `how` of client.mjs.
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

// What the program holds once nothing runs, memory in KiB.
async function held(site) {
	const [pid] = site.programs();
	await until('nothing runs', async () => (await site.query(
		`SELECT 1 FROM requests WHERE status = 'running' LIMIT 1`))
		.length === 0);
	await sleep(1000); // connections to Kimi that were cut
	return { rss: lineOf(`/proc/${pid}/status`, 'VmRSS'),
		pss: lineOf(`/proc/${pid}/smaps_rollup`, 'Pss'),
		anonymous: lineOf(`/proc/${pid}/status`, 'RssAnon'),
		threads: lineOf(`/proc/${pid}/status`, 'Threads'),
		descriptors: fs.readdirSync(`/proc/${pid}/fd`).length,
		database: Math.round(fs.statSync(site.db).size / 1024) };
}

// Sends `marks` requests, one mark after the other; the rows of what it holds
// after each. options: seed, say(row).
export async function soak(marks, { seed = 1, say = () => {} } = {}) {
	const site = await startSite('lighttpd_fastcgi', { settings: {
		KIMI_TOKENS: 'web:refresh-of-the-soak,platform:sk-of-the-soak,'
			+ 'code:sk-kimi-of-the-soak', KIMI_WEB_PROTOCOL: 'current',
		KIMI_LOG: '/dev/null' } });
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
