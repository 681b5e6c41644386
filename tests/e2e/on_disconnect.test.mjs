// SPDX-License-Identifier: MIT
// What becomes of a reply whose client leaves: its API key says.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { scene, say, stream, Stream } from './lib/http.mjs';
import { requestsOf, setBudgets, setKey, usesOf, zoneOfNoon } from './lib/limits.mjs';
import { until } from './lib/process.mjs';
import { withSite } from './lib/suite.mjs';

const [finish, cancel, whole, queued] = ['finish', 'cancel', 'whole', 'queued']
	.map((word) => `key-that-says-${word}-0123456789`);
const settings = { DEFAULT_AUTHKEYS: [finish, cancel, whole, queued].join(),
	KIMI_TIMEZONE: zoneOfNoon(), DEBUG: '1' };

for (const mount of ['lighttpd_daemon', 'nginx', 'lighttpd_cgi'])
	withSite(`on_disconnect, ${mount}`, mount, { settings },
		async (check, site) => {
			await check('finish: the reply is completed, kept and counted',
				() => finishes(site));
			await check('... also one that is not streamed', () =>
				finishesWhole(site));
			await check('... and one that waits for its conversation', () =>
				finishesQueued(site));
			await check('cancel: it ends, and what had come is counted', () =>
				cancels(site));
		});

const ask = (gate) => say(scene({ gate, reasoning: '' }, 'Please say this to the end'),
	{ model: 'kimi-k3', max_tokens: 1000 });

const closed = (site, key) => until('a closed row', async () => {
	const [row] = await requestsOf(site, key);
	return row && row.status !== 'running' && row;
});

// A stream that is left after its first piece.
async function left(site, key) {
	const s = stream(site, ask(key), { key });
	await s.content(1);
	s.leave();
	return s.text;
}

async function finishes(site) {
	await setKey(site, finish, { on_disconnect: 'finish' });
	await setBudgets(site, finish, { 'day tokens': 100000 });
	const part = await left(site, finish);
	await site.fake.open(finish, 99);
	const row = await closed(site, finish);
	const [{ content }] = await site.query(`SELECT content FROM messages
		WHERE request_seq = ${row.seq} AND reply = 1`);
	const [use] = await usesOf(site, finish);

	assert.equal(row.status, 'done');
	assert.ok(content.startsWith(part) && content.length > part.length);
	assert.match(content, /Please say this to the end/);
	assert.equal(use.reserved, 0);
	assert.equal(use.used, row.prompt_tokens + row.completion_tokens);
}

async function finishesWhole(site) {
	await setKey(site, whole, { on_disconnect: 'finish' });
	const s = new Stream(site, '/v1/chat/completions', { key: whole,
		body: ask(whole) });
	await until('Kimi is asked', async () => (await site.fake.requests())
		.some((r) => JSON.stringify(r.body ?? '').includes(whole)));
	s.leave();
	await site.fake.open(whole, 99);
	assert.equal((await closed(site, whole)).status, 'done');
}

async function finishesQueued(site) {
	await setKey(site, queued, { on_disconnect: 'finish' });
	const talk = (text) => stream(site, say(scene({ gate: queued, reasoning: '' },
		text), { model: 'kimi-k3' }), { key: queued,
		headers: { 'x-conversation-id': 'queued' } });
	const chosen = () => fs.readFileSync(`${site.dir}/kimi.log`, 'utf8')
		.match(/ model kimi-k3/g)?.length ?? 0;
	const first = talk('First.');
	await first.content(1);
	const before = chosen();
	const second = talk('Second.');
	await until('it has chosen its model', () => chosen() > before);
	second.leave();
	await site.fake.open(queued, 99);
	await first.done;
	await until('both are done', async () => (await requestsOf(site, queued))
		.map((r) => r.status).join() === 'done,done');
}

async function cancels(site) {
	await setBudgets(site, cancel, { 'day tokens': 100000 });
	const part = await left(site, cancel);
	const row = await closed(site, cancel);
	const [use] = await usesOf(site, cancel);

	assert.equal(row.status, 'cancelled');
	assert.ok(part.length > 0 && row.completion_tokens > 0);
	assert.equal(use.reserved, 0);
	assert.equal(use.used, row.prompt_tokens + row.completion_tokens);
}
