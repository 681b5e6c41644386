// SPDX-License-Identifier: MIT
// What kimi.fcgi does for a request, counted, since a busy machine does not
// change that. The figures are ceilings: lower them when the program gets
// cheaper.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { slack, sleep, until } from './lib/process.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { startExplained, startTraced, startWeighed, withoutStrace,
	withoutValgrind } from './lib/counted.mjs';
import { answerOf, finished } from './lib/suite.mjs';

// As counted on Debian 12 for amd64, with a margin: 2 to 5 % for instructions, 4
// for system calls, since SQLite moves its log into the database now and then,
// and 1 for page faults, since who serves a request may be cold. Kimi web's is
// wider: on a busy machine its chats are deleted by smaller batches.
const ceilings = {
	'a request to the Open Platform': { 'statements': 6, 'allocations': 150,
		'page faults': 1.2, 'system calls': 28, 'instructions': 434000 },
	'a request to Kimi web': { 'statements': 12, 'allocations': 275,
		'page faults': 15, 'system calls': 42, 'instructions': 725000 },
	'a turn of a conversation': { 'statements': 18, 'allocations': 219,
		'page faults': 1.2, 'system calls': 41, 'instructions': 656000 },
	'a chunk of many at once': { 'allocations': 0.1, 'page faults': 0.1,
		'instructions': 2900 },
	'a chunk that comes alone': { 'allocations': 0.3, 'page faults': 0.3,
		'system calls': 5.8, 'instructions': 6900 },
};

// Other libraries and processors differ in these.
const measured = process.arch === 'x64'
	&& /^VERSION_ID="?12"?$/m.test(fs.readFileSync('/etc/os-release', 'utf8'));
const elsewhere = new Map([['allocations', 1.3], ['system calls', 1.3],
	['instructions', 1.3]]);
const ceiling = (item, what) => ceilings[item][what]
	* (measured ? 1 : elsewhere.get(what) || 1);

const REQUESTS = 60;
const askK3 = { model: 'kimi-k3' };
let serial = 0;

const measures = {
	'a request to the Open Platform': (site) => requests(site, askK3),
	'a request to Kimi web': (site) => requests(site, {}),
	'a turn of a conversation': turns,
	'a chunk of many at once': (site) =>
		chunks(site, 1000, { together: 2000 }),
	'a chunk that comes alone': (site) => chunks(site, 100, { chunk_ms: 10 }),
};

async function spent(site, work) {
	const before = await site.totals();
	await work();
	const after = await site.totals();
	return new Map(Object.entries(after).map(([what, total]) =>
		[what, total - before[what]]));
}

async function ask(site, body, path) {
	answerOf(await chat(site, say('Hello, who are you?', body), { path }));
	await sleep(5); // who served it is ready for the next
}

// With the deletion of what they leave at Kimi.
async function requests(site, body) {
	const some = async (n) => {
		for (let i = 0; i < n; i++)
			await ask(site, body);
		await until('their chats are deleted', async () =>
			(await site.fake.stats()).chats.length === 0);
	};
	await some(10); // connections are made, and statements prepared
	return per(REQUESTS, await spent(site, () => some(REQUESTS)));
}

// Second turns: a later one has more to read.
async function turns(site) {
	const all = async (paths) => {
		for (const path of paths)
			await ask(site, askK3, path);
	};
	const paths = Array(REQUESTS).fill(0).map(() =>
		`/v1/chat/completions/costs-${++serial}`);
	await all(paths);
	return per(REQUESTS, await spent(site, () => all(paths)));
}

// What a long stream takes more than a short one. The least of several, since
// SQLite may move its log during any of them, which takes as much as half a
// request.
async function chunks(site, n, pace) {
	const listen = (m) => spent(site, () => finished(stream(site, say(scene({
		answer: 'word '.repeat(m).trim(), reasoning: '', chunks: m, ...pace }),
	askK3))));
	const least = async (m) => {
		const all = [await listen(m), await listen(m), await listen(m)];
		return new Map([...all[0].keys()].map((what) =>
			[what, Math.min(...all.map((counts) => counts.get(what)))]));
	};
	await listen(20);
	const short = await least(20), long = await least(20 + n);
	return per(n, new Map([...long].map(([what, count]) =>
		[what, count - short.get(what)])));
}

const per = (n, counts) => new Map([...counts].map(([what, total]) =>
	[what, total / n]));

// Checks every count of a site against its ceiling.
async function countsOf(t, site) {
	for (const [item, measure] of Object.entries(measures))
		for (const [what, n] of await measure(site)) {
			const most = ceiling(item, what);
			t.diagnostic(`${item}: ${n} ${what}`);
			if (what in ceilings[item])
				await t.test(`${item}: ${most} ${what} at most`, () =>
					assert.ok(n <= most, `it takes ${n}`));
		}
}

async function withCounted(start, settings, body) {
	const site = await start(settings);
	try {
		await body(site);
	} finally {
		await site.stop();
	}
}

// --- Statements, by what SQLite says of those that run

// More than one credential of each kind, and the limits that are the default.
const shared = { KIMI_WEB_STREAMS: null, KIMI_PLATFORM_STREAMS: '5',
	KIMI_TOKENS: 'web:one-of-the-test,web:two-of-the-test,'
		+ 'platform:sk-one-of-the-test,platform:sk-two-of-the-test' };

async function everyKind(site) {
	for (const body of [askK3, {}])
		for (const path of ['/v1/chat/completions',
			'/v1/chat/completions/costs-of-all'])
			await ask(site, body, path);
	for (const [path, body] of [
		['/v1/responses', { input: 'Hello' }],
		['/v1/responses', { input: 'Hello', store: false }],
		['/v1/responses', { input: 'Hello', background: true, stream: true }],
		['/v1/messages', { max_tokens: 100,
			messages: say('Hello').messages }]]) {
		const r = await call(site, path, { body: { ...askK3, ...body } });
		assert.equal(r.status, 200, r.text);
	}
}

// Tables that are made for one run, rows that are sorted, and tables that are
// read from end to end.
const costly = /^(OpenEphemeral|OpenAutoindex|OpenPseudo|Sorter\w+)$/;
const whole = /^SCAN (?!CONSTANT ROW)|TEMP B-TREE/;

// What is held is found by a function, among the rows of what runs now. Chats
// are deleted at Kimi by the batch.
const excused = new RegExp('^((SELECT (1|seq.*) FROM|DELETE FROM slots|UPDATE) '
	+ '.*WHERE .*NOT held|(UPDATE|DELETE FROM) abandoned_chats)');

async function statements(t, site) {
	await everyKind(site);
	const before = site.runs().length;
	await everyKind(site);
	await site.totals();
	const all = site.explained();
	for (const sql of new Set(site.runs().slice(before))) {
		const { steps, plan } = all.get(sql);
		if (!excused.test(sql))
			await t.test(sql, () => assert.deepEqual([
				...steps.filter((step) => costly.test(step)),
				...plan.filter((detail) => whole.test(detail))], []));
	}
}

const sanitized = slack > 1 && 'a sanitizer has costs of its own';

test('costs', { skip: sanitized, concurrency: true }, (t) => Promise.all([
	t.test('statements and memory', (t) =>
		withCounted(startExplained, {}, (site) => countsOf(t, site))),
	t.test('system calls', { skip: withoutStrace() }, (t) =>
		withCounted(startTraced, {}, (site) => countsOf(t, site))),
	t.test('instructions', { skip: withoutValgrind() }, (t) =>
		withCounted(startWeighed, {}, (site) => countsOf(t, site))),
	t.test('no table is made, sorted or read through', (t) =>
		withCounted(startExplained, shared, (site) => statements(t, site))),
]));
