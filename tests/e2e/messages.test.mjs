// SPDX-License-Identifier: MIT
// Anthropic Messages over HTTP, on every service: each body and event is held
// to its shape.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { sleep, until } from './lib/process.mjs';
import { call, scene, Stream } from './lib/http.mjs';
import { bodyWith, laid, sentWith } from './lib/kimi.mjs';
import { checkError, checkMessage, checkStream } from
	'./lib/anthropic_shapes.mjs';
import { withSite } from './lib/suite.mjs';

const PATH = '/v1/messages';
const settings = { KIMI_KEEPALIVE: 1, KIMI_WEB_PROTOCOL: 'current',
	KIMI_MODEL_ALIASES: 'claude-*=kimi-k2.6',
	KIMI_TOKENS: ['web:refresh-of-the-test', 'platform:sk-of-the-test',
		'code:sk-kimi-of-the-test'].join() };
const models = ['k2', 'kimi-k2.6', 'kimi-k3', 'kimi-for-coding'];

const user = (content) => ({ role: 'user', content });
const ask = (content, more) => ({ model: 'kimi-k2.6', max_tokens: 1000,
	messages: [user(content)], ...more });
const text = (t, more) => ({ type: 'text', text: t, ...more });
const adaptive = { type: 'adaptive', display: 'summarized' };
const weather = { name: 'weather', description: 'Tells the weather',
	input_schema: { $schema: 'http://json-schema.org/draft-07/schema#',
		type: 'object', properties: { city: { type: 'string' } },
		required: ['city'], additionalProperties: false } };
const callsWeather = { reasoning: 'where?', answer: 'Let me look.',
	tool_calls: [{ id: 'weather:0', name: 'weather',
		arguments: '{"city":"Oslo"}' }] };
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'),
	Buffer.alloc(50, 7)]);
const image = { type: 'image', source: { type: 'base64',
	media_type: 'image/png', data: png.toString('base64') } };
const seen = `[image image/png ${png.length} bytes sha256 ${
	createHash('sha256').update(png).digest('hex').slice(0, 8)}]`;

const told = (message) => message.content.map((b) =>
	b.type === 'tool_use' ? `${b.name}${JSON.stringify(b.input)}`
		: b[b.type]);

withSite('messages', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	const post = (body, request = {}) => call(site, request.path || PATH,
		{ ...request, body });
	const whole = async (body, request) => {
		const r = await post(body, request);
		assert.equal(r.status, 200, r.text);
		assert.match(r.headers['content-type'], /^application\/json/);
		assert.match(r.headers['request-id'], /^req_/);
		return checkMessage(r.json);
	};
	const streamed = async (body, request) => {
		const s = new Stream(site, PATH, { ...request,
			body: { ...body, stream: true } });
		assert.equal(await s.done, 'end');
		assert.equal(s.status, 200, s.raw);
		assert.match(s.headers['content-type'], /^text\/event-stream/);
		assert.match(s.headers['request-id'], /^req_/);
		return checkStream(s.raw);
	};
	// Both forms, which must say the same.
	const both = async (body, request) => {
		const one = await whole(body, request);
		const { message } = await streamed(body, request);
		assert.deepEqual(told(message), told(one));
		assert.equal(message.stop_reason, one.stop_reason);
		assert.equal(message.stop_sequence, one.stop_sequence);
		return one;
	};
	const fails = async (body, status, request) => {
		const r = await post(body, request);
		assert.equal(r.status, status, r.text);
		return checkError(r.json, status);
	};

	await Promise.all([
		check('works with every service, whole and streamed', services),
		check('thinking is shown when it is asked for', thinking),
		check('omitted thinking becomes a signature that restores it',
			omitted),
		check('a tool is called and its result is used', tools),
		check('server tools are dropped, but web search works', search),
		check('images are passed on, also in tool results', images),
		check('documents are read', documents),
		check('a reply continues from a prefilled beginning', prefill),
		check('a reply has the requested format', structured),
		check('Claude Code\'s first request is understood', claudeCode),
		check('keys are accepted in three headers', keys),
		check('browsers may call it', browsers),
		check('tokens are counted with system and tools', counting),
		check('max_tokens 0 gives no reply', warmUp),
		check('pings bridge silence, and hidden thinking', pings),
		check('the upstream request stops when the client leaves',
			leaves),
		check('cached tokens are not counted as input tokens', cached),
		check('the request is stored', recorded),
	]);

	async function services() {
		for (const model of models) {
			const { content, stop_reason } = await both(
				ask('hello', { model }));
			assert.equal(stop_reason, 'end_turn');
			assert.match(content.map((b) => b.text).join(''),
				/You said: hello$/, model);
		}
		const { content, stop_reason } = await both(ask(scene({
			answer: 'Half of', finish_reason: 'length' })));
		assert.equal(stop_reason, 'max_tokens');
		assert.equal(content[0].text, 'Half of');
		const stopped = await both(ask(scene({ answer: 'one END two' }),
			{ model: 'k2', stop_sequences: ['X', 'END'] }));
		assert.equal(stopped.stop_reason, 'stop_sequence');
		assert.equal(stopped.stop_sequence, 'END');
	}

	async function thinking() {
		const body = ask(scene({ reasoning: 'hm, "so"', answer: 'Yes.' }));
		assert.deepEqual(told(await both({ ...body, thinking: adaptive })),
			['hm, "so"', 'Yes.']);
		assert.deepEqual(told(await both({ ...body,
			thinking: { type: 'enabled', budget_tokens: 2000 } })),
		['hm, "so"', 'Yes.']);
		for (const off of [undefined, { type: 'disabled' }])
			// K3's thinking cannot be switched off.
			for (const model of ['kimi-k2.6', 'kimi-k3'])
				assert.deepEqual(told(await both({ ...body, model,
					thinking: off })), ['Yes.']);
	}

	async function omitted() {
		const word = 'omitted-thinking';
		await laid(site, word, callsWeather, 1);
		const asked = ask(word, { tools: [weather],
			thinking: { type: 'adaptive', display: 'omitted' } });
		const { message } = await streamed(asked);
		assert.deepEqual(told(message),
			['', 'Let me look.', 'weather{"city":"Oslo"}']);
		const answered = (more) => ({ ...asked, messages: [user(word),
			{ role: 'assistant', content: message.content },
			user([{ type: 'tool_result', content: 'It snows.',
				tool_use_id: message.content[2].id }, ...more])] });
		// Another key has nothing stored.
		await whole(answered([text('omitted-and-back')]),
			{ key: 'sk-other' });
		const sent = await bodyWith(site, 'omitted-and-back');
		assert.equal(sent.messages[1].reasoning_content, 'where?');
	}

	async function tools() {
		for (const model of ['kimi-k2.6', 'kimi-k3', 'kimi-for-coding']) {
			const word = `tool-trip-${model}`;
			await laid(site, word, callsWeather, 2);
			const asked = ask(word, { model, tools: [weather],
				thinking: adaptive });
			const one = await whole(asked);
			assert.equal(one.stop_reason, 'tool_use');
			assert.deepEqual(told(one), ['where?', 'Let me look.',
				'weather{"city":"Oslo"}']);
			const { message } = await streamed(asked);
			assert.deepEqual(told(message), told(one));
			const { content } = await whole({ ...asked, messages: [
				...asked.messages,
				{ role: 'assistant', content: message.content },
				user([text('after all'), { type: 'tool_result',
					tool_use_id: message.content[2].id, is_error: true,
					content: [text('no such city')] }])] });
			assert.match(content.at(-1).text, /after all/);
			if (model === 'kimi-for-coding')
				continue;
			const sent = await bodyWith(site, 'no such city');
			const [, answer, result, after] = sent.messages;
			assert.equal(answer.reasoning_content, 'where?');
			assert.equal(answer.tool_calls[0].id, 'weather:0');
			assert.deepEqual(result, { role: 'tool',
				tool_call_id: 'weather:0',
				content: 'Error: no such city' });
			assert.equal(after.content, 'after all');
			assert.equal(sent.tools[0].function.name, 'weather');
			assert.ok(!('$schema' in sent.tools[0].function.parameters));
		}
	}

	async function search() {
		const found = [{ url: 'http://snow.example/a', title: 'Snow' }];
		const { content } = await both(ask(scene({ search: found,
			answer: 'It snows.' }), { model: 'k2', tools: [
			{ type: 'web_search_20250305', name: 'web_search',
				max_uses: 8 },
			{ type: 'bash_20250124', name: 'bash' }] }));
		assert.equal(content[0].text, 'It snows.');
		const { message } = await streamed(ask('searchweb-of-messages', {
			model: 'kimi-k2.6', tools: [{ type: 'web_search_20260209',
				name: 'web_search' }] }));
		assert.match(told(message).join(''), /http/);
		const sent = await bodyWith(site, 'searchweb-of-messages');
		assert.deepEqual(sent.tools.map((t) => t.function.name),
			['$web_search']);
	}

	async function images() {
		for (const model of ['k2', 'kimi-k2.6', 'kimi-for-coding']) {
			const { content } = await both(ask([image, text('look')],
				{ model }));
			assert.ok(told({ content }).join('').includes(model === 'k2'
				? seen.split(' ').at(-1) : seen), content.at(-1).text);
		}
		const id = 'toolu_0123456789';
		const { content } = await whole(ask('', { tools: [weather],
			messages: [user('see'), { role: 'assistant', content: [
				{ type: 'tool_use', id, name: 'weather', input: {} }] },
			user([{ type: 'tool_result', tool_use_id: id,
				content: [text('a map'), image] }])] }));
		assert.ok(content[0].text.includes(seen), content[0].text);
		await fails(ask([{ type: 'image', source: { type: 'file',
			file_id: 'file_1' } }]), 400);
	}

	async function documents() {
		await whole(ask([{ type: 'document', title: 'Notes', source: {
			type: 'text', media_type: 'text/plain',
			data: 'a-text-document' } }, text('read it')]));
		const sent = await bodyWith(site, 'a-text-document');
		assert.match(sent.messages[0].content,
			/Notes\na-text-document\n<\/document>\nread it$/);
		const pdf = Buffer.from('%PDF-1.7\nof messages');
		const { content } = await whole(ask([{ type: 'document',
			title: 'of-messages.pdf', source: { type: 'base64',
				media_type: 'application/pdf',
				data: pdf.toString('base64') } }, text('read it')],
		{ model: 'k2' }));
		assert.match(content[0].text, /of-messages\.pdf/);
	}

	async function prefill() {
		const { content } = await both(ask('', { messages: [
			user('count'), { role: 'assistant', content: 'one, two' }] }));
		assert.equal(content[0].text, ' and so on.');
		const [{ body }] = await sentWith(site, 'one, two');
		assert.equal(body.messages[1].partial, true);
	}

	async function structured() {
		const format = { type: 'json_schema', schema: { type: 'object',
			properties: { answer: { type: 'string' } },
			required: ['answer'], additionalProperties: false } };
		for (const model of models) {
			const { content } = await both(ask(scene({
				answer: '{"answer":"42"}' }), { model,
				output_config: { effort: 'low', format } }));
			assert.deepEqual(JSON.parse(content[0].text),
				{ answer: '42' });
		}
	}

	// As Claude Code sends it, with fewer tools.
	async function claudeCode() {
		const session = '8f3c0d4e-claude-code-session';
		const body = {
			model: 'claude-opus-5-5', stream: true, max_tokens: 32000,
			messages: [user([text('<system-reminder>\nCLAUDE.md\n'
				+ '</system-reminder>'), text('list the files', {
				cache_control: { type: 'ephemeral' } })]),
			{ role: 'system', content: [text('Skills: none.')] }],
			system: [text('x-anthropic-billing-header: cc_version=2.1.330;'
				+ ' cc_entrypoint=cli; cch=0;'),
			text('You are Claude Code.', { cache_control: {
				type: 'ephemeral' } }),
			text('You are an agent.', { cache_control: {
				type: 'ephemeral', ttl: '1h' } })],
			tools: Array.from({ length: 12 }, (_, i) => ({ ...weather,
				name: `Tool${i}`, eager_input_streaming: true })),
			metadata: { user_id: JSON.stringify({ device_id: 'd',
				account_uuid: '', session_id: session }) },
			thinking: { type: 'adaptive', display: 'omitted' },
			context_management: { edits: [{ keep: 'all',
				type: 'clear_thinking_20251015' }] },
			output_config: { effort: 'high' },
		};
		const s = new Stream(site, `${PATH}?beta=true`, { body, key: '',
			headers: { 'x-api-key': 'sk-test', accept: 'application/json',
				'anthropic-version': '2023-06-01',
				'anthropic-beta': 'claude-code-20250219,effort-2025-11-24',
				'anthropic-dangerous-direct-browser-access': 'true',
				'x-app': 'cli', 'x-claude-code-session-id': session } });
		await s.done;
		assert.equal(s.status, 200, s.raw);
		const { message } = checkStream(s.raw);
		assert.equal(message.stop_reason, 'end_turn');
		assert.equal(message.content[0].type, 'thinking');
		assert.equal(message.content[0].thinking, '');
		const sent = await bodyWith(site, session);
		assert.equal(sent.model, 'kimi-k2.6');
		assert.equal(sent.prompt_cache_key, session);
		assert.deepEqual(sent.thinking, { type: 'enabled' });
		assert.equal(sent.tools.length, 12);
		assert.deepEqual(sent.messages.map((m) => m.role),
			['system', 'user', 'system']);
		assert.equal(sent.messages[0].content,
			'You are Claude Code.\n\nYou are an agent.');
		assert.equal(sent.messages[2].content, 'Skills: none.');
		assert.ok(!JSON.stringify(sent).includes('billing'));
	}

	async function keys() {
		for (const headers of [{ authorization: 'Bearer sk-other' },
			{ authorization: 'bearer sk-other' }, { 'x-api-key': 'sk-other' },
			{ 'api-key': 'sk-other' },
			{ authorization: 'Bearer no', 'x-api-key': 'sk-other' }])
			await whole(ask('hello'), { key: '', headers });
		await fails(ask('hello'), 401, { key: '' });
		await fails(ask('hello'), 401, { key: 'no' });
		await fails(ask('hello'), 401, { key: '',
			path: `${PATH}/count_tokens` });
	}

	async function browsers() {
		const asked = 'x-api-key, anthropic-version, anthropic-beta, '
			+ 'anthropic-dangerous-direct-browser-access, '
			+ 'x-stainless-helper-method';
		const r = await call(site, PATH, { method: 'OPTIONS', key: '',
			headers: { origin: 'http://page.example',
				'access-control-request-headers': asked } });
		assert.equal(r.status, 204);
		assert.equal(r.headers['access-control-allow-headers'], asked);
		const refused = await post(ask('hello'), { key: 'no',
			headers: { origin: 'http://page.example' } });
		assert.equal(refused.headers['access-control-allow-origin'], '*');
		assert.match(refused.headers['access-control-expose-headers'],
			/\brequest-id\b/);
	}

	async function counting() {
		const path = `${PATH}/count_tokens`;
		const count = async (body) => {
			const r = await post(body, { path });
			assert.equal(r.status, 200, r.text);
			assert.deepEqual(Object.keys(r.json), ['input_tokens']);
			assert.ok(Number.isInteger(r.json.input_tokens));
			return r.json.input_tokens;
		};
		const plain = { model: 'kimi-k2.6', messages: [user('Hello')] };
		const n = await count(plain);
		assert.ok(n > 0 && n < 20, `${n}`);
		assert.ok(await count({ ...plain, system: 'Be brief, please.' })
			> n + 3);
		assert.ok(await count({ ...plain, tools: [weather] }) > n + 20);
		assert.equal(await count({ ...plain, model: 'claude-opus-5-5' }), n);
		const { message } = await streamed({ ...plain, max_tokens: 5 });
		assert.ok(message.usage.output_tokens > 0);
		await fails({ ...plain, model: 'none' }, 404, { path });
		await fails({ model: 'kimi-k2.6' }, 400, { path });
		await fails('{', 400, { path });
	}

	async function warmUp() {
		const body = ask('nothing-to-say', { max_tokens: 0,
			system: 'Read this.' });
		const { content, usage } = await both(body);
		assert.deepEqual(content, []);
		assert.ok(usage.input_tokens > 5);
		assert.equal(usage.output_tokens, 0);
		assert.deepEqual(await sentWith(site, 'nothing-to-say'), []);
		await fails({ ...body, model: 'none' }, 404);
	}

	async function pings() {
		// One is sent with the start. What is thought comes in two pieces
		// and bridges each second, but nobody sees it.
		for (const [members, least] of [
			[{ silence_ms: 4300, answer: 'at last' }, 3],
			[{ reasoning: 'hm, hm', chunk_ms: 800, chunks: 1,
				answer: 'at last' }, 2]]) {
			const fold = await streamed(ask(scene(members)));
			assert.deepEqual(told(fold.message), ['at last']);
			assert.ok(fold.pings >= least, `${fold.pings} pings`);
		}
	}

	async function leaves() {
		const before = (await site.fake.stats()).streams_aborted;
		const s = new Stream(site, PATH, { body: ask(scene({
			answer: 'one two', chunks: 2, chunk_ms: 20000 }),
		{ stream: true }) });
		await until('some text', () => s.raw.includes('text_delta'));
		s.leave();
		await until('the fake Kimi sees its stream end', async () =>
			(await site.fake.stats()).streams_aborted > before);
		const row = await site.row(s.headers['request-id']);
		assert.equal(row.status, 'cancelled');
	}

	async function cached() {
		const usage = { prompt_tokens: 100, completion_tokens: 7,
			total_tokens: 107, cached_tokens: 60 };
		for (const got of [await whole(ask(scene({ usage }))),
			(await streamed(ask(scene({ usage })))).message]) {
			assert.equal(got.usage.input_tokens, 40);
			assert.equal(got.usage.cache_read_input_tokens, 60);
			assert.equal(got.usage.output_tokens, 7);
		}
	}

	async function recorded() {
		const { id } = await whole(ask('hello'));
		await sleep(1);
		const row = await site.row(`req_${id.slice('msg_'.length)}`);
		assert.equal(row.dialect, 'anthropic_messages');
		assert.equal(row.status, 'done');
	}
});
