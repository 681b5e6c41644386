// SPDX-License-Identifier: MIT
// Resumed streams of the Responses API: interrupted after each event in turn,
// while the response runs and when it has ended.

import assert from 'node:assert/strict';
import { slack, until } from './lib/process.mjs';
import { call, scene } from './lib/http.mjs';
import { platformKey } from './lib/kimi.mjs';
import { ask, base, come, events, get, gone, resumed, watch, weather, whole }
	from './lib/responses.mjs';
import { eventsOf, numbered, responseEvents, resumedEvents } from './lib/sse.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

const settings = { KIMI_WEB_PROTOCOL: 'current' };
const source = { url: 'https://one.example/', title: 'One', site_name: 'one' };
const mark = '\ue3a0cite\ue3a3web_search:1#0\ue3a8';

// Thinking, text with a citation, a call: in many pieces. All prompts are of
// one length, as tokens are estimated by it.
const body = (ms, more = {}) => ask(scene({ reasoning: 'where is it?',
	chunks: 16, chunk_ms: ms, search: [source], answer:
		`It is so${mark}, as everybody knows. <tool_call>{"name":"weather",`
		+ '"arguments":{"city":"Oslo"}}</tool_call>' },
'x'.repeat(9 - String(ms).length)),
{ model: 'k1.5', tools: [weather, { type: 'web_search' }], ...more });

// What differs between two responses to one request.
const plainly = (all) => JSON.parse(JSON.stringify(all)
	.replaceAll(all[0].response.id.replace('resp_', ''), 'R')
	.replaceAll(/"call_[\w-]+"/g, '"call_"')
	.replaceAll(/"(created|completed)_at":\d+/g, '"$1_at":0'));

const restOf = async (stream, after) => {
	await stream.done;
	assert.equal(stream.status, 200, stream.raw);
	return resumedEvents(stream.raw, after);
};

withSite('resumed', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	const { events: uncut, response } = await whole(watch(site, body(0)));
	const { id } = response;

	await check('the stream has every kind of event', () => {
		const types = uncut.map((e) => e.type);
		for (const type of ['reasoning_summary_text.delta',
			'output_text.delta', 'output_text.annotation.added',
			'function_call_arguments.delta', 'completed'])
			assert.ok(types.includes(`response.${type}`), type);
		assert.ok(uncut.length >= 12, `${uncut.length} events`);
	});
	await Promise.all([
		check('a running one, after each event', live),
		check('a running one, from its beginning, by two clients at once', twoReaders),
		check('a running one, twice in a row', twice),
		check('one that waits for its first text', silent),
		check('one that has ended, after each event', over),
		check('one that failed', failed),
		check('one that was not streamed', unstreamed),
		check('one in the background', background),
		check('not one that is unknown, not stored or of another key', refused),
		check('not after something that is not a number', numbers),
	]);
	await check('one that has ended, after a restart of the server', restarted);
	await check('one whose process was killed, with an error that says so', killed);

	// The first `n` events of a stream that is then interrupted. Some come
	// together with later ones, which this client does not look at.
	async function cutAfter(n, ms) {
		const s = watch(site, body(ms));
		const all = await events(s, n);
		s.leave();
		return all.slice(0, n);
	}

	async function cutAndJoin(n, ms) {
		const begun = await cutAfter(n, ms);
		const [{ response: { id } }] = begun;
		const after = begun.length - 1;
		const joined = [...begun, ...await restOf(resumed(site, id, after),
			after)];
		assert.deepEqual(plainly(joined), plainly(uncut), `cut after ${n}`);
		responseEvents(joined);
		// The replay is what was streamed, to the byte.
		assert.deepEqual(await restOf(resumed(site, id, -1), -1), joined);
		assert.deepEqual(await get(site, id), joined.at(-1).response);
	}

	function live() {
		return Promise.all(uncut.slice(0, -1).map((_, i) =>
			cutAndJoin(i + 1, 60 * slack)));
	}

	async function twoReaders() {
		const [{ response: { id } }] = await cutAfter(2, 60);
		const readers = [resumed(site, id, -1), resumed(site, id, -1)];
		for (const all of await Promise.all(readers.map((s) =>
			restOf(s, -1))))
			assert.deepEqual(plainly(all), plainly(uncut));
	}

	async function twice() {
		const joined = await cutAfter(3, 150);
		const [{ response: { id } }] = joined;
		const second = resumed(site, id, joined.length - 1);
		await until('another event', () => /\n\n$/.test(second.raw));
		second.leave();
		joined.push(...numbered(eventsOf(second.raw, { cut: true }),
			joined.length - 1));
		const after = joined.length - 1;
		joined.push(...await restOf(resumed(site, id, after), after));
		assert.deepEqual(plainly(joined), plainly(uncut));
	}

	async function silent() {
		const s = watch(site, ask(scene({ silence_ms: 1500,
			answer: 'at last' })));
		const begun = (await events(s, 2)).slice(0, 2);
		s.leave();
		assert.deepEqual(begun.map((e) => e.type),
			['response.created', 'response.in_progress']);
		const after = 1;
		const joined = [...begun, ...await restOf(resumed(site,
			begun[0].response.id, after), after)];
		responseEvents(joined);
	}

	async function over() {
		for (let after = -1; after < uncut.length; after++)
			assert.deepEqual(await restOf(resumed(site, id, after), after),
				uncut.slice(after + 1), `after ${after}`);
	}

	async function failed() {
		// With a credential of its own: it is cooling down from then on.
		const own = { key: platformKey() };
		const { events: all, response } = await whole(watch(site, ask(scene({
			error_after: 2, answer: 'one two three four', error: {
				type: 'server_error', message: 'oops' } }),
		{ model: 'kimi-k3' }), own));
		assert.equal(response.status, 'failed');
		for (let after = -1; after < all.length - 1; after++)
			assert.deepEqual(await restOf(resumed(site, response.id, after,
				own), after), all.slice(after + 1), `after ${after}`);
	}

	async function unstreamed() {
		const r = await call(site, base, { body: body(0) });
		const all = await restOf(resumed(site, r.json.id, -1), -1);
		assert.deepEqual(responseEvents(all), r.json);
	}

	async function background() {
		const { json: begun } = await call(site, base, { body: body(60,
			{ background: true }) });
		const all = await restOf(resumed(site, begun.id, -1), -1);
		assert.deepEqual(responseEvents(all), await get(site, begun.id));
		assert.equal(all.at(-1).type, 'response.completed');
	}

	async function refused() {
		await gone(site, `${base}/resp_${'x'.repeat(24)}?stream=true`);
		await gone(site, `${base}/${id}?stream=true`, { key: 'sk-other' });
		const { response: unkept } = await whole(watch(site, body(0,
			{ store: false })));
		await gone(site, `${base}/${unkept.id}?stream=true`);
	}

	async function numbers() {
		for (const after of ['x', '-1', '1.5', '1e3x'])
			errorOf(await call(site, `${base}/${id}?stream=true`
				+ `&starting_after=${after}`), 400);
	}

	async function restarted() {
		await site.restart();
		await over();
	}

	// Its lease in the database expires as if time had passed.
	function lapse(id) {
		return site.query('UPDATE requests SET lease_uptime = 1 '
			+ `WHERE id = '${id.replace('resp', 'req')}'`);
	}

	function deltasOf(all) {
		return all.map((e) => e.delta || '').join('');
	}

	async function killed() {
		const streams = [4, 8].map((n) => [n, watch(site, body(700))]);
		const begun = await Promise.all(streams.map(async ([n, s]) => {
			await events(s, n);
			return s;
		}));
		await site.crash();
		await until('the server serves on', site.healthy);
		for (const s of begun) {
			await s.done;
			const seen = come(s);
			assert.ok(!s.finished, s.raw);
			const [{ response: { id } }] = seen;
			await lapse(id);
			const after = seen.length - 1;
			const rest = await restOf(resumed(site, id, after), after);
			const joined = [...seen, ...rest];
			const end = responseEvents(joined);
			assert.equal(end.status, 'failed');
			assert.ok(end.error.message);
			const got = await get(site, id);
			assert.equal(got.status, 'failed');
			assert.deepEqual(got.error, end.error);
			// Its last text is lost with it, for clients that come late.
			const again = await restOf(resumed(site, id, -1), -1);
			assert.deepEqual(responseEvents(again).error, end.error);
			assert.ok(deltasOf(joined).startsWith(deltasOf(again)));
		}
	}
});
