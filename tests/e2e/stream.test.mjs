// SPDX-License-Identifier: MIT
// Streamed chat completions: the order of chunks, when they are sent, and how
// failing streams end.

import assert from 'node:assert/strict';
import { until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, errorOf, finished, leaveInSilence, withSite } from './lib/suite.mjs';

const settings = { KIMI_KEEPALIVE: 0.4, KIMI_READ_TIMEOUT: 5 };
const models = ['k2', 'kimi-k3'];

withSite('streams', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	const watch = (text, more) => stream(site, say(text, more));

	const text = 'Grüße, 世界! 🌍 naïve\n\n"quoted" \\ and\ttabs 日本語';

	await Promise.all([
		check('chunks come in OpenAI\'s order, under one id', order),
		check('the usage chunk comes only when asked for', usageChunk),
		check('the headers mark a stream that must not be buffered',
			head),
		check('every event arrives whole', whole),
		check('the first content leaves at once', atOnce),
		check('how the upstream\'s bytes are cut does not matter',
			cuts),
		check('characters are never split', characters),
		check('unknown events and comments are ignored', unknown),
		check('reasoning comes before content', reasoning),
		check('tool calls stream in one piece each', tools),
		check('search sources stream as annotations', search),
		check('keep-alives bridge silence, also before content',
			keepAlive),
		check('an error before any content has its own HTTP status',
			early),
		check('an error in the middle is an error event', middle),
		check('a broken connection is an error event', cut),
		check('a silent upstream is an error event', silent),
		check('a reply may lack the very last event', noEnd),
		check('a client that leaves stops the upstream', leaves),
	]);
	await check('60 concurrent streams arrive complete and in order', many);

	async function order() {
		for (const model of [...models, 'k1.5']) {
			const s = await finished(watch(scene({ answer: 'a b c d' }),
				{ model }));
			const { chunks } = s;
			const [first] = chunks;
			assert.match(first.id, /^chatcmpl-\w{24,}$/);
			assert.equal(first.choices[0].delta.role, 'assistant');
			for (const c of chunks) {
				assert.equal(c.id, first.id);
				assert.equal(c.created, first.created);
				assert.equal(c.object, 'chat.completion.chunk');
				assert.equal(c.model, model);
				assert.equal(c.choices.length, 1);
				assert.equal(c.choices[0].index, 0);
				assert.ok(!c.usage);
			}
			const roles = chunks.filter((c) => c.choices[0].delta.role);
			assert.equal(roles.length, 1);
			const ends = chunks.filter((c) => c.choices[0].finish_reason);
			assert.equal(ends.length, 1);
			assert.equal(ends[0], chunks.at(-1));
			assert.deepEqual(ends[0].choices[0].delta, {});
			assert.equal(s.text, 'a b c d');
			assert.equal(s.finish, 'stop');
			assert.equal(s.events.at(-1).data, '[DONE]');
			assert.ok(s.raw.endsWith('data: [DONE]\n\n'));
		}
	}

	async function usageChunk() {
		for (const model of models) {
			const s = await finished(watch('hello', { model,
				stream_options: { include_usage: true } }));
			const withUsage = s.chunks.filter((c) => c.usage);
			assert.equal(withUsage.length, 1);
			assert.equal(withUsage[0], s.chunks.at(-1));
			assert.deepEqual(withUsage[0].choices, []);
			assert.ok(withUsage[0].usage.total_tokens > 0);
			const without = await finished(watch('hello', { model,
				stream_options: { include_usage: false } }));
			assert.ok(without.chunks.every((c) => c.choices.length === 1));
		}
	}

	async function head() {
		// Of an answer that is there at once lighttpd knows the length.
		const s = await finished(watch(scene({ chunk_ms: 80 })));
		assert.match(s.headers['content-type'], /^text\/event-stream/);
		assert.match(s.headers['cache-control'], /no-cache/);
		assert.equal(s.headers['x-accel-buffering'], 'no');
		assert.equal(s.headers['content-length'], undefined);
	}

	async function whole() {
		const s = await finished(watch(scene({ answer: 'piece '.repeat(30),
			chunks: 30, chunk_ms: 10, cut_bytes: 7 })));
		for (const piece of s.pieces)
			assert.ok(piece.toString().endsWith('\n\n'),
				`a read ends with ${piece.toString().slice(-40)}`);
	}

	async function atOnce() {
		const s = watch(scene({ answer: 'one two three', chunks: 3,
			gate: 'after-the-first' }));
		await s.content(1);
		await site.fake.open('after-the-first', 2);
		await finished(s);
	}

	async function cuts() {
		for (const model of models)
			for (const form of [{ cut_bytes: 1 }, { cut_bytes: 2 },
				{ cut_bytes: 13 }, { one_write: true }]) {
				const what = scene({ answer: text, chunks: 9, ...form });
				const s = await finished(watch(what, { model }));
				assert.equal(s.text, text, JSON.stringify(form));
				assert.equal(answerOf(await chat(site, say(what,
					{ model }))), text);
			}
	}

	async function characters() {
		const s = await finished(watch(scene({ answer: '🌍'.repeat(40),
			chunks: 40, cut_bytes: 1 })));
		for (const { data } of s.contents)
			assert.ok(!data.includes('\ufffd'), data);
		assert.equal(s.text, '🌍'.repeat(40));
	}

	async function unknown() {
		for (const model of models) {
			const s = await finished(watch(scene({ unknown_events: true,
				answer: 'still here' }), { model }));
			assert.equal(s.text, 'still here');
		}
	}

	async function reasoning() {
		for (const model of ['k1.5', 'kimi-k3']) {
			const s = await finished(watch(scene({ answer: 'yes it is',
				reasoning: 'let me think' }), { model }));
			const deltas = s.chunks.map((c) => c.choices[0].delta);
			assert.equal(deltas.map((d) => d.reasoning_content || '')
				.join(''), 'let me think');
			const last = deltas.findLastIndex((d) => d.reasoning_content);
			const first = deltas.findIndex((d) => d.content);
			assert.ok(last < first, `${last} ${first}`);
		}
	}

	async function tools() {
		const calls = [{ id: 'w:0', name: 'weather',
			arguments: '{"city":"Kyoto"}' },
		{ id: 'w:1', name: 'weather', arguments: '{"city":"Lima"}' }];
		for (const form of [{}, { tool_index: false },
			{ tool_together: true }]) {
			const s = await finished(watch(scene({ ...form,
				tool_calls: calls }), { model: 'kimi-k3', tools: [{
				type: 'function', function: { name: 'weather' } }] }));
			assert.equal(s.finish, 'tool_calls');
			const parts = s.chunks.flatMap((c) =>
				c.choices[0].delta.tool_calls || []);
			assert.ok(parts.every((p) => p.function));
			for (const k of [0, 1]) {
				const mine = parts.filter((p) => p.index === k);
				assert.ok(mine[0].id && mine[0].function.name);
				assert.equal(mine.filter((p) => p.id).length, 1);
				assert.equal(mine.map((p) => p.function.arguments || '')
					.join(''), calls[k].arguments);
			}
			const indexes = parts.map((p) => p.index);
			assert.deepEqual(indexes, [...indexes].sort());
		}
	}

	async function search() {
		const s = await finished(watch(scene({ answer: 'It is so.',
			search: [{ url: 'https://one.example/', title: 'One',
				site_name: 'one' }] })));
		const notes = s.chunks.flatMap((c) =>
			c.choices[0].delta.annotations || []);
		assert.deepEqual(notes.map((n) => n.url_citation.url),
			['https://one.example/']);
		assert.equal(s.text, 'It is so.');
	}

	async function keepAlive() {
		for (const model of models) {
			const gate = `bridged-${model}`;
			const s = watch(scene({ hold: `${gate}-head`, reasoning: '',
				answer: 'one two', chunks: 2, gate }), { model });
			const comments = (n) => until(`${n} keep-alives`,
				() => s.comments.length >= n);
			await comments(2);
			assert.equal(s.contents.length, 0);
			await site.fake.open(`${gate}-head`);
			await s.content(1);
			const before = s.comments.length;
			await comments(before + 2);
			assert.equal(s.contents.length, 1);
			await site.fake.open(gate);
			await finished(s);
			assert.equal(s.text, 'one two');
		}
	}

	async function early() {
		const s = watch(scene({ status: 400, body: { error: {
			type: 'content_filter', message: 'high risk' } } }),
		{ model: 'kimi-k3' });
		await s.done;
		const e = errorOf({ status: s.status, headers: s.headers,
			text: s.raw, json: JSON.parse(s.raw) }, 400);
		assert.equal(e.code, 'content_filter');
	}

	async function endsBadly(s, count) {
		await s.done;
		assert.equal(s.status, 200);
		if (count !== undefined)
			assert.equal(s.contents.length, count, s.raw);
		assert.ok(s.error, `no error event in ${s.raw.slice(-300)}`);
		assert.deepEqual(Object.keys(s.error).sort(),
			['code', 'message', 'param', 'type']);
		assert.equal(s.finish, undefined);
		assert.ok(!s.finished, 'there is a [DONE]');
		const row = await site.row(s.headers['x-request-id']);
		assert.equal(row.status, 'failed');
		return s.error;
	}

	async function middle() {
		const web = await endsBadly(watch(scene({ error_after: 2, error: {
			error_type: 'openai.completion.stream', message: 'tired' } })),
		2);
		assert.equal(web.code, 'server_is_overloaded');
		await endsBadly(watch(scene({ error_after: 2, error: {
			message: 'oops', type: 'server_error' } }),
		{ model: 'kimi-k3' }), 2);
	}

	async function cut() {
		for (const model of models)
			await endsBadly(watch(scene({ close_after: 2 }), { model }), 2);
		await endsBadly(watch(scene({ end: 'truncated' }),
			{ model: 'kimi-k3' }));
	}

	async function silent() {
		for (const model of models) {
			const e = await endsBadly(watch(scene({ answer: 'one two',
				chunks: 2, reasoning: '', chunk_ms: 8000 }),
			{ model }), 1);
			assert.equal(e.code, 'upstream_timeout');
		}
	}

	async function noEnd() {
		for (const model of models) {
			const s = await finished(watch(scene({ end: 'missing',
				answer: 'all of it' }), { model }));
			assert.equal(s.text, 'all of it');
			assert.equal(s.finish, 'stop');
		}
	}

	async function leaves() {
		for (const model of models) {
			const row = await leaveInSilence(site,
				(text) => watch(text, { model }), 1);
			assert.ok(row.completion_tokens > 0);
		}
	}

	async function many() {
		const words = Array.from({ length: 20 }, (_, i) => `w${i} `);
		const all = await Promise.all(Array.from({ length: 60 }, () =>
			finished(watch(scene({ answer: words.join(''), chunks: 20,
				chunk_ms: 50 })))));
		for (const s of all)
			assert.equal(s.text, words.join(''));
	}
});
