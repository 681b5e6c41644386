// SPDX-License-Identifier: MIT
// The fake's own Kimi Code: a fake that is wrong makes every test wrong.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { folder, sleep, until } from './lib/process.mjs';
import { Stream, call, say, scene } from './lib/http.mjs';
import { startFake } from './lib/fake.mjs';

const KEY = 'sk-kimi-test';
const VERSION = { 'anthropic-version': '2023-06-01' };
const weather = { name: 'weather', input_schema: { type: 'object',
	properties: { place: { type: 'string' } } } };
const TOOL_CALL = { id: 'weather:0', name: 'weather',
	arguments: { place: 'Zürich, 上海', days: 3 } };

// { event, data } of each event, comments left out.
const events = (raw) => raw.split('\n\n').filter((e) => /^data: /m.test(e))
	.map((e) => ({ event: /^event: (.*)$/m.exec(e)?.[1],
		data: JSON.parse(/^data: (.*)$/m.exec(e)[1]) }));

const ask = (text, more = {}) => ({ model: 'k3', max_tokens: 100,
	messages: [{ role: 'user', content: text }], ...more });

test('the fake Kimi Code', async (t) => {
	const fake = await startFake(folder('fake-code'));
	const at = (base) => (path, body, key = KEY, headers = {}) =>
		call(fake, `${base}${path}`, { key, body, headers });
	const code = at('/coding/v1');
	const intl = at('/codeai/coding/v1');
	const messages = (body, key = KEY, headers = VERSION) =>
		code('/messages', body, key, headers);
	const streamed = async (path, body, headers = {}) => {
		const s = new Stream(fake, `/coding/v1${path}`, { key: KEY, headers,
			body: { ...body, stream: true } });
		await s.done;
		return s;
	};
	const refused = (r, status, words) => {
		assert.equal(r.status, status, r.text);
		assert.match(r.json.error.message, words);
		return r.json.error;
	};
	t.after(() => fake.stop());

	await t.test('each region accepts only its own keys', async () => {
		for (const [base, key, status] of [[code, KEY, 200],
			[code, 'sk-kimi-intl', 401], [intl, 'sk-kimi-intl', 200],
			[intl, KEY, 401], [code, 'sk-kimi-bad', 401],
			[code, 'sk-other', 401], [code, '', 401]]) {
			const r = await base('/chat/completions', say('hello',
				{ model: 'k3' }), key);
			assert.equal(r.status, status, `${key}: ${r.text}`);
			const m = await base('/messages', ask('hello'), key, VERSION);
			assert.equal(m.status, status, `${key}: ${m.text}`);
			if (status !== 200) {
				assert.equal(r.json.type, undefined);
				assert.equal(m.json.type, 'error');
			}
		}
	});

	await t.test('models: thinking, unknown names, highspeed', async () => {
		const r = await code('/models');
		assert.deepEqual(r.json.data.map((m) => m.id),
			['kimi-for-coding', 'k3.1-pro', 'k3', 'k3-256k']);
		assert.deepEqual(r.json.data.map((m) => [m.context_length,
			m.supports_thinking_type, m.think_efforts.default_effort]),
		[[1048576, 'both', 'max'], [1048576, 'only', 'max'],
			[1048576, 'only', 'high'], [262144, 'only', 'high']]);
		const all = await code('/models', undefined, 'sk-kimi-high');
		assert.equal(all.json.data.length, 5);
		assert.equal(all.json.data[1].think_efforts.support, false);

		const chat = (model, key) => code('/chat/completions',
			say('hello', { model }), key);
		assert.equal((await chat('kimi-k2.5')).json.model,
			'kimi-for-coding');
		assert.equal((await chat('kimi-for-coding-highspeed')).status, 401);
		assert.equal((await chat('kimi-for-coding-highspeed',
			'sk-kimi-high')).json.model, 'kimi-for-coding-highspeed');
		assert.ok((await chat('k3')).json.choices[0].message
			.reasoning_content);
	});

	await t.test('the allow-list applies to one flavour', async () => {
		const asked = (headers) => code('/chat/completions', say('hi',
			{ model: 'k3' }), KEY, headers);
		await fake.settings({ code_allow: ['KimiCLI/', 'kimi_cli'] });
		const e = refused(await asked({ 'user-agent': 'other/1' }), 403,
			/only available for Coding Agents/);
		assert.equal(e.type, 'access_terminated_error');
		assert.equal((await asked({})).status, 403);
		assert.equal((await asked({ 'user-agent': 'KimiCLI/1.0' })).status,
			200);
		assert.equal((await asked({ 'user-agent': 'other/1',
			'x-msh-platform': 'kimi_cli' })).status, 200);
		assert.equal((await messages(ask('hi'))).status, 200);
		await fake.settings({ code_allow: null });
		assert.equal((await asked({})).status, 200);
	});

	await t.test('more than 2 MiB of messages are refused', async () => {
		const large = 'x'.repeat(2097152);
		for (const r of [await code('/chat/completions', say(large,
			{ model: 'k3' })), await messages(ask(large))])
			refused(r, 400, /^Invalid request: total message size \d+ exceeds limit 2097152$/);
	});

	await t.test('the OpenAI flavour streams like the platform', async () => {
		const s = await streamed('/chat/completions', say('hello',
			{ model: 'k3-256k' }));
		assert.equal(s.text, 'This is the fake Kimi. You said: hello');
		assert.ok(s.finished);
		assert.equal(s.finish, 'stop');
		assert.match(s.headers['msh-request-id'], /./);
	});

	await t.test('messages: a whole reply', async () => {
		const r = await messages(ask('hello'));
		assert.equal(r.status, 200, r.text);
		const { content, usage, ...rest } = r.json;
		assert.deepEqual(content.map((b) => b.type), ['thinking', 'text']);
		assert.ok(content[0].signature);
		assert.equal(content[1].text, 'This is the fake Kimi. You said: hello');
		assert.equal(rest.type, 'message');
		assert.equal(rest.role, 'assistant');
		assert.equal(rest.model, 'k3');
		assert.equal(rest.stop_reason, 'end_turn');
		assert.ok(usage.input_tokens > 0 && usage.output_tokens > 0);
		const quick = await messages(ask('hello', { model: 'kimi-for-coding',
			thinking: { type: 'disabled' } }));
		assert.deepEqual(quick.json.content.map((b) => b.type), ['text']);
		const key = await messages(ask('hello'), '', { ...VERSION,
			'x-api-key': KEY });
		assert.equal(key.status, 200, key.text);
	});

	await t.test('messages: the order of events', async () => {
		const s = await streamed('/messages', ask('hello'), VERSION);
		const all = events(s.raw);
		for (const { event, data } of all)
			assert.equal(event, data.type);
		const short = all.map(({ data }) => data.type.replace(
			/^(content_block|message)_/, '') + (data.index ?? ''))
			.filter((e, i, list) => e !== list[i - 1]);
		assert.deepEqual(short, ['start', 'start0', 'delta0', 'stop0',
			'start1', 'delta1', 'stop1', 'delta', 'stop']);
		const { message } = all[0].data;
		assert.equal(message.stop_reason, null);
		assert.deepEqual(message.content, []);
		assert.ok(message.usage.input_tokens > 0);
		const deltas = (type) => all.map((e) => e.data.delta)
			.filter((d) => d?.type === type);
		assert.equal(deltas('text_delta').map((d) => d.text).join(''),
			'This is the fake Kimi. You said: hello');
		assert.equal(deltas('text_delta').length, 4);
		assert.match(deltas('thinking_delta').map((d) => d.thinking).join(''),
			/^Thinking about/);
		assert.equal(deltas('signature_delta').length, 1);
		const end = all.at(-2).data;
		assert.equal(end.delta.stop_reason, 'end_turn');
		assert.ok(end.usage.output_tokens > 0);
	});

	await t.test('messages: tools, and their results', async () => {
		const prompt = scene({ tool_calls: [TOOL_CALL, { ...TOOL_CALL,
			id: 'weather:1' }], answer: 'Let me see.', reasoning: 'where?' });
		const tools = [weather];
		const s = await streamed('/messages', ask(prompt, { tools }), VERSION);
		const all = events(s.raw).map((e) => e.data);
		const starts = all.filter((e) => e.type === 'content_block_start');
		assert.deepEqual(starts.map((e) => e.content_block.type),
			['thinking', 'text', 'tool_use', 'tool_use']);
		assert.deepEqual(starts[2].content_block, { type: 'tool_use',
			id: 'weather:0', name: 'weather', input: {} });
		for (const index of [2, 3]) {
			const parts = all.filter((e) => e.index === index && e.delta)
				.map((e) => e.delta.partial_json);
			assert.equal(parts.length, 3);
			assert.deepEqual(JSON.parse(parts.join('')), TOOL_CALL.arguments);
		}
		assert.equal(all.at(-2).delta.stop_reason, 'tool_use');

		const { json } = await messages(ask(prompt, { tools }));
		assert.deepEqual(json.content[2].input, TOOL_CALL.arguments);
		assert.equal(json.stop_reason, 'tool_use');
		const result = (id) => ({ type: 'tool_result', tool_use_id: id,
			content: [{ type: 'text', text: 'sunny' }] });
		const turn = (assistant, results) => ask('', { tools, messages: [
			{ role: 'user', content: 'The weather?' },
			{ role: 'assistant', content: assistant },
			{ role: 'user', content: results }] });
		const both = [result('weather:0'), result('weather:1')];
		const good = await messages(turn(json.content, both));
		assert.match(good.json.content[1].text, /You said: The weather\?$/);
		refused(await messages(turn(json.content, both.slice(1))), 400,
			/did not have response messages: weather:0/);
		refused(await messages(turn(json.content, [...both, result('x')])),
			400, /tool_call_id x not found/);
		refused(await messages(turn(json.content.slice(1), both)), 400,
			/reasoning_content is missing .* at index 1/);
		refused(await messages({ ...ask(''), messages: turn(json.content)
			.messages.slice(0, 2) }), 400, /did not have response/);
		const unsigned = json.content.map(({ signature, ...b }) => b);
		assert.equal((await messages(turn(unsigned, both))).status, 200);
	});

	await t.test('messages: what is refused', async () => {
		const image = (source) => ({ messages: [{ role: 'user',
			content: [{ type: 'image', source }] }] });
		for (const [more, words] of [
			[{ max_tokens: undefined }, /^max_tokens: Field required$/],
			[{ max_tokens: 0 }, /^max_tokens/],
			[{ messages: [] }, /must not be empty/],
			[{ messages: [{ role: 'system', content: 'x' }] }, /role 'system'/],
			[{ messages: [{ role: 'user', content: '' }] }, /not be empty/],
			[{ messages: [{ role: 'user', content: [{ type: 'text',
				text: '' }] }] }, /text content is empty/],
			[{ messages: [{ role: 'user', content: [{ type: 'thinking',
				thinking: 'x' }] }] }, /unsupported block/],
			[image({ type: 'url', url: 'https://example.com/a.png' }),
				/unsupported image url: https/],
			[image({ type: 'base64', media_type: 'image/svg+xml',
				data: 'eA==' }), /unsupported image format/],
			[image({ type: 'base64', media_type: 'image/png', data: '!' }),
				/invalid base64/],
			[{ system: [{ type: 'text', text: '' }] }, /empty/],
			[{ tools: [weather, weather] }, /weather is duplicated/],
			[{ tools: [{ name: 'x' }] }, /type is required/],
			...['', '2nd', '_a', 'a.b', 'n'.repeat(65)].flatMap((name) => [
				{ tools: [{ ...weather, name }] },
				{ messages: [{ role: 'user', content: 'x' },
					{ role: 'assistant', content: [{ type: 'tool_use',
						id: '1', name, input: {} }] }] },
				{ model: 'kimi-for-coding', thinking: { type: 'disabled' },
					tool_choice: { type: 'tool', name } },
			].map((more) => [more, /function name is invalid/])),
			[{ tool_choice: { type: 'tool', name: 'weather' } },
				/'specified' is incompatible/],
			[{ model: 'kimi-for-coding', tool_choice: { type: 'any' } },
				/'required' is incompatible/],
			[{ model: 'kimi-for-coding', thinking: { type: 'adaptive' } },
				/adaptive is not allowed/],
			[{ thinking: { type: 'disabled' } }, /only type=enabled/],
			[{ temperature: 0.7 }, /invalid temperature: only 1/],
			[{ stop_sequences: ['1', '2', '3', '4', '5', '6'] }, /at most 5/],
		]) {
			const r = await messages(ask('hello', more));
			assert.equal(refused(r, 400, words).type,
				'invalid_request_error');
			assert.equal(r.json.type, 'error');
			assert.ok(r.json.request_id);
		}
		refused(await messages(ask('hello'), KEY, {}), 400,
			/anthropic-version/);
		for (const more of [{ tool_choice: { type: 'any' }, tools: [weather] },
			{ thinking: { type: 'adaptive' } }, { system: 'Be brief.' },
			{ stop_sequences: ['fake'] }])
			assert.equal((await messages(ask('hello', more))).status, 200);
	});

	await t.test('messages: images arrive unchanged', async () => {
		const picture = Buffer.from('not really a picture');
		const data = picture.toString('base64');
		const sha = createHash('sha256').update(picture).digest('hex');
		const r = await messages(ask('', { messages: [{ role: 'user',
			content: [{ type: 'text', text: 'Look' }, { type: 'image',
				source: { type: 'base64', media_type: 'image/png',
					data } }] }] }));
		assert.equal(r.json.content[1].text, 'This is the fake Kimi. You said: '
			+ `Look [image image/png 20 bytes sha256 ${sha.slice(0, 8)}]`);
	});

	await t.test('messages: scenes', async () => {
		const play = (members) => streamed('/messages', ask(scene(members)),
			VERSION);
		const cut = await play({ answer: 'Größe 上海', cut_bytes: 1 });
		assert.match(cut.raw, /message_stop/);
		const noisy = events((await play({ unknown_events: true })).raw);
		assert.ok(noisy.some((e) => e.event === 'ping'));
		assert.ok(noisy.some((e) => e.event === 'from_the_future'));
		const broken = await play({ close_after: 2 });
		assert.equal(broken.ended, 'cut');
		const error = events((await play({ error_after: 2 })).raw).at(-1);
		assert.equal(error.event, 'error');
		assert.equal(error.data.error.type, 'server_error');
		const named = events((await play({ error_after: 1,
			fault: 'engine_overloaded' })).raw).at(-1);
		assert.equal(named.data.error.type, 'engine_overloaded_error');
		for (const [finish_reason, reason] of [['length', 'max_tokens'],
			['content_filter', 'refusal'], ['pause_turn', 'pause_turn']])
			assert.equal(events((await play({ finish_reason })).raw)
				.at(-2).data.delta.stop_reason, reason);
		const ends = (await play({ end: 'missing' })).raw;
		assert.ok(ends.includes('message_delta'));
		assert.ok(!ends.includes('message_stop'));
		assert.ok(!(await play({ end: 'truncated' })).raw
			.includes('message_delta'));
		const usage = { input_tokens: 11, cache_read_input_tokens: 5,
			output_tokens: 7 };
		const used = events((await play({ usage })).raw);
		assert.deepEqual(used[0].data.message.usage,
			{ ...usage, output_tokens: 0 });
		assert.deepEqual(used.at(-2).data.usage, usage);
		assert.ok(!('usage' in events((await play({ usage_at: 'none' })).raw)
			.at(-2).data));
	});

	await t.test('every row of the error table has a name', async () => {
		for (const [fault, status, words, type] of [
			['code_key', 401, /appears to be invalid or may have expired/,
				'invalid_authentication_error'],
			['invalid_authentication', 401, /^Invalid Authentication$/],
			['plan_model', 401, /does not have access to k3/,
				'authentication_error'],
			['plan_context', 401, /up to 256K context/],
			['model_id', 401, /recognized as other:k3\[1m\]/],
			['concurrent_limit', 403, /concurrent request limit/,
				'permission_error'],
			['hours_limit', 403, /5-hour usage limit/],
			['weekly_limit', 403, /weekly \(7-day\) usage limit/],
			['month_limit', 403, /monthly usage limit/],
			['credit_balance', 403, /credit balance is insufficient/],
			['membership', 402, /unable to verify your membership benefits/],
			['not_an_agent', 403, /only available for Coding Agents/,
				'access_terminated_error'],
			['cycle_limit', 403, /usage limit for this billing cycle/,
				'permission_error'],
			['access_terminated', 403, /^Access terminated/,
				'access_terminated_error'],
			['engine_overloaded', 429, /engine is currently overloaded/],
			['too_many_requests', 429, /receiving too many requests/],
			['period_limit', 429, /usage limit for this period/],
			['monthly_limit', 429, /kimi monthly usage limit/],
			['message_size', 400, /total message size \d+ exceeds limit/],
			['token_limit', 400, /exceeded model token limit: 262144/],
			['reasoning_missing', 400, /reasoning_content is missing/],
			['image_url', 400, /unsupported image url: /],
			['duplicate_function', 400, /is duplicated/],
			['high_risk', 400, /considered high risk/],
			['model_not_found', 404, /^Not found the model/],
			['context_canceled', 499, /context canceled/],
			['internal', 500, /^internal: /],
			['unavailable', 500, /^unavailable: 503/],
		]) {
			const r = await messages(ask(scene({ fault })));
			const error = refused(r, status, words);
			assert.equal(r.json.type, 'error');
			if (type)
				assert.equal(error.type, type);
			await fake.scenes({ match: { service: 'code',
				route: 'completion' }, scene: { fault } });
			const o = await code('/chat/completions', say('x'));
			refused(o, status, words);
			assert.equal(o.json.type, undefined);
			assert.equal(o.headers['retry-after'],
				fault === 'engine_overloaded' ? '2' : undefined);
		}
		await fake.scenes({ scene: { fault: 'method_not_found' } });
		for (const r of [await code('/models'), await code('/nothing')]) {
			assert.equal(r.status, 404);
			assert.equal(r.text, 'method not found');
		}
		await assert.rejects(fake.scenes({ scene: { fault: 'none' } }),
			/unknown fault/);
	});

	await t.test('usage and user info', async () => {
		const { usage, limits, usages, parallel } =
			(await code('/usages')).json;
		for (const { used_ratio, reset_time } of Object.values(usages))
			assert.ok(used_ratio < 1
				&& Date.parse(reset_time) > Date.now());
		assert.equal(parallel.limit, '30');
		for (const detail of [usage, limits[0].detail]) {
			for (const name of ['limit', 'used', 'remaining'])
				assert.match(detail[name], /^\d+$/);
			assert.ok(Date.parse(detail.resetTime) > Date.now());
		}
		assert.deepEqual(limits[0].window,
			{ duration: 300, timeUnit: 'TIME_UNIT_MINUTE' });
		const body = { usage: { limit: '7', used: '7' }, limits: [] };
		await fake.scenes({ match: { route: 'usages' }, scene: { body } });
		assert.deepEqual((await code('/usages')).json, body);
		assert.ok((await code('/me')).json.user_id);
		assert.equal((await code('/me', undefined, 'sk-kimi-bad')).status, 401);
	});

	await t.test('search and fetch', async () => {
		const r = await code('/search', { text_query: 'Kimi proxies?' });
		assert.deepEqual(r.json.search_results.map((x) => x.url),
			['https://example.com/kimi-proxies/1',
				'https://example.com/kimi-proxies/2']);
		assert.deepEqual(Object.keys(r.json.search_results[0]), ['site_name',
			'title', 'url', 'snippet', 'content', 'date', 'icon', 'mime']);
		await fake.scenes({ match: { route: 'search' }, scene: { search:
			[{ url: 'https://a.example/', title: 'A' }] } });
		const [one] = (await code('/search', { text_query: 'x' })).json
			.search_results;
		assert.equal(one.title, 'A');
		assert.equal(one.snippet, '');
		assert.equal((await code('/search', { q: 'x' })).status, 400);
		const page = await code('/fetch', { url: 'https://a.example/' });
		assert.match(page.headers['content-type'], /^text\/markdown/);
		assert.match(page.text, /^# https:\/\/a\.example\//);
		assert.equal((await code('/fetch', {})).status, 400);
	});

	await t.test('device login and its refresh tokens', async () => {
		const post = async (path, fields) => {
			const r = await call(fake, `/api/oauth/${path}`, { key: '',
				body: new URLSearchParams(fields).toString(), headers: {
					'content-type': 'application/x-www-form-urlencoded' } });
			return { status: r.status, ...r.json };
		};
		const client_id = 'test';
		const device = await post('device_authorization', { client_id });
		assert.equal(device.expires_in, 1800);
		assert.ok(device.interval > 0 && device.verification_uri_complete
			.includes(device.user_code));
		assert.equal((await post('device_authorization', {})).error,
			'invalid_client');
		const poll = () => post('token', { client_id, device_code:
			device.device_code, grant_type:
			'urn:ietf:params:oauth:grant-type:device_code' });
		const { status, error } = await poll();
		assert.deepEqual([status, error], [400, 'authorization_pending']);
		assert.equal((await poll()).error, 'slow_down'); // too soon
		await sleep(1000);
		const given = await poll();
		assert.equal(given.token_type, 'Bearer');
		assert.equal(given.expires_in, 900);
		assert.equal((await poll()).error, 'expired_token');
		const works = async (token) => (await code('/chat/completions',
			say('hello', { model: 'k3' }), token)).status;
		assert.equal(await works(given.access_token), 200);

		const refresh = (refresh_token) => post('token', { client_id,
			refresh_token, grant_type: 'refresh_token' });
		const next = await refresh(given.refresh_token);
		assert.notEqual(next.refresh_token, given.refresh_token);
		assert.equal(await works(next.access_token), 200);
		const again = await refresh(given.refresh_token);
		assert.deepEqual([again.status, again.error], [401, 'invalid_grant']);
		assert.equal((await refresh('from+an earlier/login')).status, 200);
		assert.equal((await refresh('from+an earlier/login')).status, 401);
		assert.equal((await refresh('bad')).status, 401);
		await fake.settings({ revoke_access: true });
		assert.equal(await works(next.access_token), 401);
		await fake.settings({ lifetime: 0 });
		assert.equal(await works((await refresh(next.refresh_token))
			.access_token), 401);
		await fake.settings({ lifetime: 900 });
	});

	await t.test('a key has a limit on streams', async () => {
		await fake.reset();
		await fake.settings({ streams_max: 2 });
		const held = () => new Stream(fake, '/coding/v1/messages', { key: KEY,
			headers: VERSION, body: ask(scene({ silence_ms: 5000 }),
				{ stream: true }) });
		const two = [held(), held()];
		await until('both run', async () =>
			(await fake.stats()).streams_open === 2);
		const r = await code('/chat/completions', say('x', { model: 'k3' }));
		refused(r, 429, /max concurrency/);
		assert.equal((await code('/chat/completions', say('x',
			{ model: 'k3' }), 'sk-kimi-other')).status, 200);
		for (const s of two)
			s.leave();
		await until('both ended', async () =>
			(await fake.stats()).streams_open === 0);
		const stats = await fake.stats();
		assert.equal(stats.streams_most, 2);
		assert.equal(stats.streams_aborted, 2);
	});

	await t.test('requests are recorded without secrets', async () => {
		await fake.reset();
		await messages(ask('hello'), '', { ...VERSION, 'x-api-key': KEY,
			'X-Msh-Platform': 'kimi_proxy', 'User-Agent': 'kimi-proxy/1' });
		const [kept] = await fake.requests();
		assert.equal(kept.service, 'code');
		assert.equal(kept.route, 'messages');
		assert.equal(kept.token, KEY);
		assert.equal(kept.headers['x-api-key'], true);
		assert.equal(kept.headers['x-msh-platform'], 'kimi_proxy');
		assert.equal(kept.headers['user-agent'], 'kimi-proxy/1');
		assert.equal(kept.headers['anthropic-version'], '2023-06-01');
		await code('/models');
		const [, models] = await fake.requests();
		assert.equal(models.headers.authorization, true);
		const { requests } = await fake.stats();
		assert.equal(requests['code.messages'], 1);
		assert.equal(requests['code.models'], 1);
		assert.equal(requests['code_ai.messages'], 0);
	});
});
