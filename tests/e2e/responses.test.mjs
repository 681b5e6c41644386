// SPDX-License-Identifier: MIT
// POST /v1/responses and what is stored: state, tools, background responses.

import assert from 'node:assert/strict';
import { until } from './lib/process.mjs';
import { call, scene } from './lib/http.mjs';
import { bodyWith, laid, platformKey } from './lib/kimi.mjs';
import { ask, base, cancel, events, get, gone, inFiles, refused, remove,
	respond, textOf, watch, weather, whole } from './lib/responses.mjs';
import { errorOf, withSite } from './lib/suite.mjs';
import { startSite } from './lib/site.mjs';
import { webKey } from './lib/web.mjs';

const models = ['k2', 'kimi-k3'];
const k3 = (input, more) => ask(input, { model: 'kimi-k3', ...more });
const user = (content) => ({ role: 'user', content });
const unknown = `resp_${'x'.repeat(24)}`;

withSite('responses', 'lighttpd_fastcgi', {}, async (check, site) => {
	const recall = async (body) => textOf(await respond(site,
		{ model: 'k2', input: 'recall', ...body }));
	const sent = (word) => bodyWith(site, word);
	const rolesOf = (body) => body.messages.map((m) => m.role);

	// Each service with a credential that no other check uses: it cools down once
	// it failed.
	const ownKeys = () => Object.entries({ k2: webKey(),
		'kimi-k3': platformKey() });
	const breaking = { error_after: 2, reasoning: '', answer: 'one two three',
		error: { type: 'server_error', error_type: 'x', message: 'oops' } };

	await Promise.all([
		check('whole and streamed replies are the same', alike),
		check('null means absent, and unknown members are ignored',
			nulls),
		check('request parameters are echoed', echoed),
		check('store: false stores no text', unstored),
		check('deleted content is in no file', deleted),
		check('a response continues from another', previous),
		check('... but not from an unknown, deleted or foreign one',
			noPrevious),
		check('instructions are not inherited', instructions),
		check('a response belongs to its key', keys),
		check('a conversation grows by each input and output',
			conversation),
		check('... but not by a failed turn', failedTurn),
		check('truncation drops the oldest turns', truncation),
		check('a reply that hits the length limit is incomplete',
			incomplete),
		check('a context that is too long fails the stream with a code',
			overflow),
		check('an error before the stream has its own status', early),
		check('an error in a stream is response.failed', failed),
		check('an upgrade to WebSocket is refused at once', upgrade),
		check('a background response outlives its connection',
			background),
		check('a background response can be cancelled', cancelled),
		check('impossible combinations are refused', wrong),
		check('background is refused under CGI', cgi),
	]);
	await check('three turns with restarts in between', threeTurns);

	async function alike() {
		for (const model of models) {
			const body = ask(scene({ answer: 'one two three',
				reasoning: 'hm, yes' }), { model });
			const one = await respond(site, body);
			const { response } = await whole(watch(site, body));
			const like = ({ id, created_at, completed_at, output, usage,
				...more }) => ({ ...more, output: output.map((item) =>
				({ ...item, id: item.id.replace(/_.*(.)$/, '$1') })) });
			assert.deepEqual(like(response), like(one));
			assert.equal(textOf(one), 'one two three');
		}
	}

	async function nulls() {
		const names = ['instructions', 'previous_response_id', 'conversation',
			'store', 'stream', 'tools', 'tool_choice', 'max_output_tokens',
			'temperature', 'top_p', 'reasoning', 'text', 'include',
			'truncation', 'metadata', 'background', 'parallel_tool_calls',
			'user', 'prompt', 'service_tier', 'max_tool_calls',
			'top_logprobs', 'context_management', 'stream_options'];
		const nothing = Object.fromEntries(names.map((n) => [n, null]));
		const r = await respond(site, ask('hello', nothing));
		assert.match(textOf(r), /hello$/);
		assert.equal(r.store, true);
		await respond(site, ask('hello', { client_metadata: { a: 1 },
			text: {}, include: [], brand_new: [1, { two: 3 }] }));
	}

	async function echoed() {
		const asked = { instructions: 'Be brief.', max_output_tokens: 500,
			metadata: { a: 'b' }, parallel_tool_calls: false,
			prompt_cache_key: 'key', safety_identifier: 'safe',
			reasoning: { effort: 'high', summary: 'auto' },
			tool_choice: 'auto', truncation: 'auto', user: 'me',
			temperature: 0.5, top_p: 0.9, tools: [weather], text: {
				format: { type: 'json_schema', name: 'out', strict: true,
					schema: { type: 'object', properties: {} } },
				verbosity: 'low' } };
		const r = await respond(site, ask(scene({ answer: '{}' }), asked));
		assert.deepEqual(r.text.format, { ...asked.text.format,
			description: null });
		for (const name of Object.keys(asked).filter((n) => n !== 'text'))
			assert.deepEqual(r[name], asked[name], name);
		assert.deepEqual(await get(site, r.id), r);
	}

	async function unstored() {
		for (const stream of [false, true])
			for (const store of [true, false]) {
				const word = `trace-${store}-${stream}`;
				await laid(site, `${word}-said`, { reasoning:
					`${word}-thought`, answer: `${word}-answered` });
				const body = k3(`${word}-said`, { store,
					instructions: `${word}-told`,
					metadata: { a: `${word}-noted` } });
				const r = stream ? (await whole(watch(site, body))).response
					: await respond(site, body);
				assert.equal(r.store, store);
				await site.row(r.id.replace(/^resp/, 'req'));
				for (const what of ['said', 'thought', 'answered', 'told',
					'noted'])
					assert.equal(inFiles(site, `${word}-${what}`), store,
						`${word}-${what}`);
				if (store)
					continue;
				await gone(site, `${base}/${r.id}`);
				await refused(site, ask('x', { previous_response_id: r.id }));
			}
	}

	async function deleted() {
		await laid(site, 'deleted-said', { answer: 'deleted-answered' });
		const { response: { id } } = await whole(watch(site,
			k3('deleted-said')));
		assert.ok(inFiles(site, 'deleted-answered'));
		await remove(site, id);
		for (const word of ['deleted-said', 'deleted-answered'])
			assert.ok(!inFiles(site, word), word);
		for (const path of ['', '?stream=true', '/input_items'])
			await gone(site, `${base}/${id}${path}`);
		await gone(site, `${base}/${id}`, { method: 'DELETE' });
	}

	async function previous() {
		for (const model of models) {
			const a = await respond(site, ask(`previous-a-${model}`,
				{ model }));
			const b = await respond(site, ask(`previous-b-${model}`,
				{ model, previous_response_id: a.id }));
			// From each of them again: a chain may fork.
			const c = await recall({ model, previous_response_id: b.id });
			assert.match(c, /previous-a[^]*previous-b/);
			const d = await recall({ model, previous_response_id: a.id });
			assert.match(d, /previous-a/);
			assert.doesNotMatch(d, /previous-b/);
		}
	}

	async function noPrevious() {
		const a = await respond(site, ask('hello'));
		await remove(site, a.id);
		const b = await respond(site, ask('hello'), { key: 'sk-other' });
		for (const id of [unknown, a.id, b.id, 'x']) {
			const e = await refused(site, ask('hello',
				{ previous_response_id: id }));
			assert.equal(e.code, 'previous_response_not_found');
			assert.equal(e.param, 'previous_response_id');
		}
	}

	async function instructions() {
		const a = await respond(site, k3('instructed-first',
			{ instructions: 'instructed-by-one' }));
		assert.deepEqual(rolesOf(await sent('instructed-first')),
			['system', 'user']);
		const b = await respond(site, k3('instructed-second',
			{ previous_response_id: a.id }));
		assert.equal(b.instructions, null);
		assert.deepEqual(rolesOf(await sent('instructed-second')),
			['user', 'assistant', 'user']);
		await respond(site, k3('instructed-third', {
			instructions: 'instructed-by-two', previous_response_id: b.id }));
		const { messages } = await sent('instructed-third');
		assert.equal(messages[0].content, 'instructed-by-two');
		assert.equal(messages.filter((m) => m.role === 'system').length, 1);
	}

	async function keys() {
		const { id } = await respond(site, ask('hello'));
		const key = 'sk-other';
		await gone(site, `${base}/${id}`, { key });
		await gone(site, `${base}/${id}?stream=true`, { key });
		await gone(site, `${base}/${id}/input_items`, { key });
		await gone(site, `${base}/${id}/cancel`, { key, method: 'POST' });
		await gone(site, `${base}/${id}`, { key, method: 'DELETE' });
		await get(site, id);
	}

	async function conversation() {
		for (const model of models) {
			const { json: { id } } = await call(site, '/v1/conversations',
				{ body: {} });
			const more = { model, conversation: id };
			await respond(site, ask('talk-one', more));
			assert.match(await recall({ ...more, conversation: { id } }),
				/talk-one/);
			await sameRoles(id, ['user', 'assistant', 'user', 'assistant']);
		}
	}

	async function sameRoles(id, roles, request) {
		const { json: { data } } = await call(site,
			`/v1/conversations/${id}/items?order=asc`, request);
		assert.deepEqual(data.filter((i) => i.type === 'message')
			.map((i) => i.role), roles);
	}

	async function failedTurn() {
		for (const [model, key] of ownKeys()) {
			const { json: { id } } = await call(site, '/v1/conversations',
				{ body: {}, key });
			const more = { model, conversation: id };
			await respond(site, ask('before', more), { key });
			const { response } = await whole(watch(site, ask(scene(breaking),
				more), { key }));
			assert.equal(response.status, 'failed');
			await sameRoles(id, ['user', 'assistant'], { key });
		}
	}

	async function truncation() {
		const big = 'long words '.repeat(110000);
		const input = [user(`truncated-first ${big}`),
			{ role: 'assistant', content: 'yes' },
			user(`truncated-second ${big}`),
			{ role: 'assistant', content: 'yes' }, user('truncated-last')];
		await respond(site, ask(input, { model: 'kimi-k2.6',
			truncation: 'auto' }));
		const all = JSON.stringify(await sent('truncated-last'));
		assert.match(all, /truncated-last/);
		assert.doesNotMatch(all, /truncated-first/);
		await respond(site, k3('truncated-not', { truncation: 'disabled' }));
	}

	async function incomplete() {
		for (const model of models) {
			const body = ask(scene({ answer: 'cut of', finish_reason:
				'length' }), { model, max_output_tokens: 20 });
			const one = await respond(site, body);
			const { response } = await whole(watch(site, body));
			for (const r of [one, response]) {
				assert.equal(r.status, 'incomplete');
				assert.equal(r.incomplete_details.reason,
					'max_output_tokens');
				assert.equal(r.output.at(-1).status, 'incomplete');
			}
			assert.equal((await get(site, one.id)).status, 'incomplete');
		}
	}

	async function overflow() {
		const body = k3(scene({ fault: 'token_limit' }));
		const e = await refused(site, body);
		assert.equal(e.code, 'context_length_exceeded');
		assert.equal(e.param, 'input');
		const { events: all, response } = await whole(watch(site, body));
		assert.deepEqual(all.map((e) => e.type).filter((type) =>
			type !== 'response.in_progress'),
		['response.created', 'response.failed']);
		assert.equal(response.error.code, 'context_length_exceeded');
	}

	async function early() {
		const s = watch(site, k3(scene({ fault: 'content_filter' })));
		await s.done;
		assert.equal(s.status, 400, s.raw);
		assert.equal(JSON.parse(s.raw).error.code, 'content_filter');
	}

	async function failed() {
		for (const [model, key] of ownKeys()) {
			const { response } = await whole(watch(site, ask(scene(breaking),
				{ model }), { key }));
			assert.equal(response.status, 'failed');
			const got = await get(site, response.id, { key });
			assert.equal(got.status, 'failed');
			assert.deepEqual(got.error, response.error);
		}
	}

	async function upgrade() {
		const r = await call(site, base, { headers: { upgrade: 'websocket',
			connection: 'Upgrade', 'sec-websocket-version': '13',
			'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
			'openai-beta': 'responses_websockets=2026-02-06' } });
		errorOf(r, 426);
	}

	async function background() {
		const slow = (word, more) => scene({ answer: `${word} is done`,
			chunks: 10, ...more });
		const one = await respond(site, ask(slow('one', { gate: 'one' }),
			{ background: true }));
		assert.match(one.status, /^(queued|in_progress)$/);
		assert.equal(one.background, true);
		// It came before the end of the answer.
		assert.match((await get(site, one.id)).status,
			/^(queued|in_progress)$/);
		await site.fake.open('one', 9);
		const s = watch(site, ask(slow('two', { chunk_ms: 60 }),
			{ background: true }));
		const [{ response: two }] = await events(s, 2);
		s.leave();
		for (const [id, text] of [[one.id, 'one is done'],
			[two.id, 'two is done']]) {
			const r = await until('it is done', async () => {
				const now = await get(site, id);
				return now.status === 'completed' && now;
			});
			assert.equal(textOf(r), text);
		}
	}

	async function cancelled() {
		const before = (await site.fake.stats()).streams_aborted;
		const one = await respond(site, ask(scene({ answer: 'a b c d',
			chunks: 4, chunk_ms: 5000 }), { background: true }));
		assert.equal((await cancel(site, one.id)).status, 'cancelled');
		assert.equal((await cancel(site, one.id)).status, 'cancelled');
		assert.equal((await get(site, one.id)).status, 'cancelled');
		await until('its stream at Kimi ends', async () =>
			(await site.fake.stats()).streams_aborted > before);
		const done = await respond(site, ask('hello'));
		const path = (id) => `${base}/${id}/cancel`;
		errorOf(await call(site, path(done.id), { method: 'POST' }), 400);
		await gone(site, path(unknown), { method: 'POST' });
	}

	async function wrong() {
		const cases = [
			[{ model: 'k2' }, 'input', 'missing_required_parameter'],
			[{ input: 'x' }, 'model', 'missing_required_parameter'],
			[ask('x', { prompt: { id: 'pmpt_1' } }), 'prompt'],
			[ask('x', { conversation: 'conv_x', previous_response_id:
				unknown })],
			[ask('x', { background: true, store: false }), 'background'],
			[ask('x', { metadata: { a: 1 } }), 'metadata'],
			[ask('x', { temperature: 3 }), 'temperature'],
			[ask(7), 'input'], [ask([7]), 'input[0]'],
			[ask('x', { tools: 'x' }), 'tools'],
			[k3([user([{ type: 'input_image', image_url:
				'data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=' }])]),
			'input[0].content[0].image_url'],
			[k3([user('x'), { type: 'function_call_output', call_id: 'none',
				output: 'x' }])]];
		for (const [body, param, code] of cases) {
			const e = await refused(site, body);
			const what = JSON.stringify([body, e]);
			if (param)
				assert.ok(e.param?.startsWith(param), what);
			if (code)
				assert.equal(e.code, code, what);
		}
		const r = await call(site, base, { body: ask('x', { model: 'none' }) });
		assert.equal(errorOf(r, 404).code, 'model_not_found');
		// Ids of ours are never begun by being named.
		await refused(site, ask('x', { conversation: `conv_${'x'.repeat(24)}` }),
			404);
		await gone(site, `${base}/${unknown}`);
		await gone(site, `${base}/none`);
	}

	async function cgi() {
		const other = await startSite('lighttpd_cgi', { fake: site.fake });
		try {
			const e = await refused(other, ask('x', { background: true }));
			assert.equal(e.param, 'background');
			const a = await respond(other, ask('said-under-cgi'));
			const b = await respond(other, ask('recall',
				{ previous_response_id: a.id }));
			assert.match(textOf(b), /said-under-cgi/);
			await whole(watch(other, ask('hello')));
		} finally {
			await other.stop();
		}
	}

	async function threeTurns() {
		const last = {};
		for (const word of ['turn-one', 'turn-two', 'recall']) {
			for (const model of models)
				last[model] = await respond(site, ask(word, { model,
					previous_response_id: last[model]?.id }));
			await site.restart();
		}
		for (const model of models) {
			assert.match(textOf(last[model]), /turn-one[^]*turn-two/);
			assert.deepEqual(await get(site, last[model].id), last[model]);
		}
	}
});
