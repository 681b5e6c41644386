// SPDX-License-Identifier: MIT
// The fake's own Open Platform, in what goes beyond a plain chat.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { folder } from './lib/process.mjs';
import { Stream, call, say, scene } from './lib/http.mjs';
import { startFake } from './lib/fake.mjs';

const KEY = 'sk-test';
const builtin = { type: 'builtin_function', function: { name: '$web_search' } };
const tool = (parameters) => ({ type: 'function',
	function: { name: 'f', parameters } });
const object = (properties, more = {}) =>
	({ type: 'object', properties, ...more });
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')
	.slice(0, 8);

test('the fake Open Platform', async (t) => {
	const fake = await startFake(folder('fake-platform'));
	const ask = (path, body, { key = KEY, base = '/v1', ...more } = {}) =>
		call(fake, base + path, { key, body, ...more });
	const chat = (text, more = {}, options) => ask('/chat/completions',
		say(text, { model: 'kimi-k3', ...more }), options);
	const answer = (r) => {
		assert.equal(r.status, 200, r.text);
		return r.json.choices[0].message.content;
	};
	const refused = (r, status, words) => {
		assert.equal(r.status, status, r.text);
		assert.match(r.json.error.message, words);
	};
	const upload = async (bytes, name, type, purpose, options = {}) => {
		const form = new FormData();
		if (purpose)
			form.append('purpose', purpose);
		if (bytes !== null)
			form.append('file', new Blob([bytes], { type }), name);
		const { key = KEY, base = '/v1' } = options;
		const r = await fetch(`${fake.url}${base}/files`, { method: 'POST',
			body: form, headers: { authorization: `Bearer ${key}` } });
		const text = await r.text();
		return { status: r.status, text, json: JSON.parse(text) };
	};
	t.after(() => fake.stop());

	await t.test('each region accepts only its own keys', async () => {
		for (const [base, key, status] of [['/v1', KEY, 200],
			['/v1', 'sk-cn-1', 401], ['/cn/v1', 'sk-cn-1', 200],
			['/cn/v1', KEY, 401], ['/v1', 'sk-kimi-1', 401],
			['/v1', 'sk-bad', 401], ['/v1', '', 401]]) {
			for (const path of ['/models', '/users/me/balance', '/files'])
				assert.equal((await ask(path, undefined, { key, base }))
					.status, status, `${base}${path} ${key}`);
			assert.equal((await chat('x', {}, { key, base })).status, status);
		}
		const { requests } = await fake.stats();
		assert.equal(requests['platform_cn.completion'], 2);
		assert.equal(requests['platform.completion'], 5);
	});

	await t.test('replies have the service\'s headers', async () => {
		await fake.scenes({ match: { route: 'models' }, scene: { headers:
			{ 'X-RateLimit-Remaining': '0' } } });
		const one = await ask('/models');
		const two = await ask('/models');
		assert.equal(one.headers['x-ratelimit-remaining'], '0');
		assert.equal(two.headers['x-ratelimit-remaining'], '499');
		assert.ok(two.headers['x-ratelimit-limit']);
		assert.ok(two.headers['x-ratelimit-reset']);
		assert.notEqual(one.headers['msh-request-id'],
			two.headers['msh-request-id']);
		assert.equal(two.json.data[0].context_length, 1048576);
	});

	await t.test('the token estimate matches the usage', async () => {
		const image = `data:image/png;base64,${'A'.repeat(40000)}`;
		for (const content of ['hello', [{ type: 'image_url',
			image_url: { url: image } }]]) {
			const r = await ask('/tokenizers/estimate-token-count',
				say(content, { model: 'kimi-k3' }));
			const { usage } = (await chat(content)).json;
			assert.equal(r.json.data.total_tokens, usage.prompt_tokens);
			assert.ok(usage.prompt_tokens < 1200);
		}
		refused(await ask('/tokenizers/estimate-token-count', say('x',
			{ model: 'none' })), 404, /^Not found the model none/);
	});

	await t.test('files: stored per key', async () => {
		const r = await upload('Grüße\n', 'a b.txt', 'text/plain',
			'file-extract');
		assert.equal(r.status, 200, r.text);
		const { id, created_at, ...rest } = r.json;
		assert.deepEqual(rest, { object: 'file', bytes: 8,
			filename: 'a b.txt', purpose: 'file-extract', status: 'ok',
			status_details: '' });
		assert.ok(Math.abs(created_at - Date.now() / 1000) < 60);
		assert.deepEqual((await ask(`/files/${id}`)).json, r.json);
		assert.deepEqual((await ask('/files')).json,
			{ object: 'list', data: [r.json] });
		assert.deepEqual((await ask(`/files/${id}/content`)).json,
			{ content: 'Grüße\n', file_type: 'text/plain',
				filename: 'a b.txt', title: '', type: 'file' });
		const other = { key: 'sk-other' };
		assert.deepEqual((await ask('/files', undefined, other)).json.data, []);
		assert.equal((await ask(`/files/${id}`, undefined, other)).status, 404);
		assert.equal((await ask(`/files/${id}`, undefined,
			{ ...other, method: 'DELETE' })).status, 404);
		assert.deepEqual((await ask(`/files/${id}`, undefined,
			{ method: 'DELETE' })).json, { id, object: 'file',
			deleted: true });
		refused(await ask(`/files/${id}/content`), 404, /^Not found the file/);
	});

	await t.test('files: a hash stands for binary data', async () => {
		const bytes = Buffer.from(Array.from({ length: 70000 },
			(_, i) => i * 7 % 256));
		const { json } = await upload(bytes, 'a.pdf', 'application/pdf',
			'file-extract');
		assert.equal(json.bytes, 70000);
		const r = await ask(`/files/${json.id}/content`);
		assert.equal(r.json.content,
			`[application/pdf 70000 bytes sha256 ${sha(bytes)}]`);
	});

	await t.test('files: refused uploads', async () => {
		for (const [args, words] of [
			[['x', 'a.txt', 'text/plain', 'assistants'],
				/^Invalid purpose: only 'file-extract' accepted$/],
			[['x', 'a.txt', 'text/plain'], /^Invalid purpose/],
			[['', 'a.txt', 'text/plain', 'file-extract'],
				/^File size is zero/],
			[[null, '', '', 'file-extract'], /file is required/],
			[['x', 'a.txt', 'text/plain', 'image'], /unsupported image/],
			[['x', 'a.svg', 'image/svg+xml', 'image'], /unsupported image/],
		])
			refused(await upload(...args), 400, words);
		refused(await ask('/files', { purpose: 'image' }), 400,
			/isn't multipart/);
		const cut = await ask('/files', '--half\r\nContent-Disposition: form-data;'
			+ ' name="file"; filename="a"\r\n\r\nbytes', { headers:
			{ 'content-type': 'multipart/form-data; boundary=half' } });
		refused(cut, 400, /unexpected EOF/);
		assert.equal((await upload('x', 'a', 'text/plain', 'file-extract',
			{ base: '/coding/v1', key: 'sk-kimi-1' })).status, 400);
	});

	await t.test('images: only data URLs and files', async () => {
		const bytes = Buffer.from('\x89PNG not really\0', 'latin1');
		const line = (type) => `image/${type} ${bytes.length} bytes sha256 `
			+ sha(bytes);
		const part = (url) => [{ type: 'text', text: 'Look' },
			{ type: 'image_url', image_url: url }];
		const { json } = await upload(bytes, 'a.png', 'image/png', 'image');
		const data = (type) => `data:${type};base64,`
			+ bytes.toString('base64');
		for (const [url, type] of [[data('image/jpeg'), 'jpeg'],
			[`ms://${json.id}`, 'png']])
			for (const form of [url, { url }])
				assert.match(answer(await chat(part(form))),
					new RegExp(`Look \\[image ${line(type)}\\]$`));
		assert.match(answer(await ask('/chat/completions', { model: 'kimi-k3',
			messages: [{ role: 'user', content: part(data('image/png')) },
				{ role: 'assistant', content: 'Nice.' },
				{ role: 'user', content: 'And?' }] })), /And\? \[image /);
		for (const [url, words] of [
			['https://example.com/a.png', /unsupported image url: https/],
			[data('image/svg+xml'), /unsupported image format: image\/svg/],
			[data('video/mp4'), /unsupported image format: video/],
			['data:image/png;base64,?', /invalid base64/],
			['data:image/png;base64,', /invalid base64/],
			['ms://none', /file ms:\/\/none not found/]])
			refused(await chat(part(url)), 400, words);
		refused(await chat(part(`ms://${json.id}`), {}, { key: 'sk-b' }), 400,
			/not found/);
		refused(await chat([{ type: 'video_url', video_url:
			`ms://${json.id}` }]), 400, /not found/);
		const film = await upload(bytes, 'a.mp4', 'video/mp4', 'video');
		assert.match(answer(await chat([{ type: 'video_url', video_url:
			{ url: `ms://${film.json.id}` } }])), /\[video video\/mp4 16 b/);
	});

	await t.test('images: files of Kimi Code, both flavours', async () => {
		const options = { base: '/coding/v1', key: 'sk-kimi-1' };
		const { json } = await upload('GIF8', 'a.gif', 'image/gif', 'image',
			options);
		const url = `ms://${json.id}`;
		assert.match(answer(await chat([{ type: 'image_url', image_url: url }],
			{ model: 'k3' }, options)), /\[image image\/gif 4 bytes/);
		const r = await ask('/messages', { model: 'k3', max_tokens: 9,
			messages: [{ role: 'user', content: [{ type: 'image',
				source: { type: 'url', url } }] }] },
		{ ...options, headers: { 'anthropic-version': '2023-06-01' } });
		assert.match(r.json.content[1].text, /\[image image\/gif 4 bytes/);
	});

	await t.test('$web_search: a call is its own result', async () => {
		const first = say('searchweb kimi news', { model: 'kimi-k3',
			tools: [builtin] });
		const asked = await ask('/chat/completions', first);
		const [choice] = asked.json.choices;
		assert.equal(choice.finish_reason, 'tool_calls');
		const [use] = choice.message.tool_calls;
		assert.equal(use.type, 'builtin_function');
		assert.equal(use.function.name, '$web_search');
		const { search_result, usage } = JSON.parse(use.function.arguments);
		assert.ok(search_result.search_id);
		const result = { role: 'tool', tool_call_id: use.id,
			name: '$web_search', content: use.function.arguments };
		const second = (...more) => ask('/chat/completions', { ...first,
			messages: [...first.messages, ...more] });
		const found = await second(choice.message, result);
		assert.match(answer(found), /^This is what I found: \[Page 1 about searchweb-kimi-news\]\(https:\/\/example\.com\/searchweb-kimi-news\/1\), \[/);
		assert.ok(found.json.usage.prompt_tokens > usage.total_tokens);
		refused(await second(choice.message, { ...result, content: '{}' }),
			400, /must be its arguments/);
		refused(await second(choice.message), 400, /did not have response/);
		refused(await second(result), 400, /not found/);
		const changed = JSON.stringify({ search_result: { search_id: 'x' },
			usage });
		refused(await second({ ...choice.message, tool_calls: [{ ...use,
			function: { ...use.function, arguments: changed } }] },
		{ ...result, content: changed }), 400, /search_id not found/);
	});

	await t.test('$web_search: rounds, sources, streams', async () => {
		const search = [{ title: 'A', url: 'https://a.example/' }];
		const messages = [{ role: 'user', content: scene({ search,
			search_rounds: 2 }) }];
		const ids = new Set();
		for (let round = 1; round <= 2; round++) {
			const s = new Stream(fake, '/v1/chat/completions', { key: KEY,
				body: { model: 'kimi-k3', stream: true, messages,
					tools: [builtin] } });
			await s.done;
			assert.equal(s.finish, 'tool_calls', s.raw);
			const parts = s.chunks.map((c) => c.choices?.[0]?.delta)
				.flatMap((d) => d?.tool_calls || []);
			assert.equal(parts[0].type, 'builtin_function');
			const given = parts.map((p) => p.function.arguments).join('');
			ids.add(JSON.parse(given).search_result.search_id);
			messages.push({ role: 'assistant', content: null,
				reasoning_content: 'I need that.', tool_calls: [{
					...parts[0], function: { name: '$web_search',
						arguments: given } }] },
			{ role: 'tool', tool_call_id: parts[0].id, content: given });
		}
		assert.equal(ids.size, 2);
		const last = await ask('/chat/completions', { model: 'kimi-k3',
			messages, tools: [builtin] });
		assert.equal(answer(last),
			'This is what I found: [A](https://a.example/).');
		assert.match(answer(await chat(scene({ search }))), /^This is the fake/);
		assert.match(answer(await chat(scene({ search }), { tools: [builtin],
			tool_choice: 'none' })), /^This is the fake/);
	});

	await t.test('$web_search: one model must not think', async () => {
		const more = { model: 'kimi-k2.6', tools: [builtin] };
		refused(await chat('searchweb', more), 400,
			/\$web_search is incompatible with thinking/);
		const r = await chat('searchweb', { ...more,
			thinking: { type: 'disabled' } });
		assert.equal(r.json.choices[0].finish_reason, 'tool_calls');
		assert.ok(!r.json.choices[0].message.reasoning_content);
	});

	await t.test('partial: the reply is continued', async () => {
		const go = (partial, more = {}) => ask('/chat/completions', {
			model: 'kimi-k3', messages: [{ role: 'user', content: 'List.' },
				{ role: 'assistant', partial: true, ...partial }], ...more });
		const r = await go({ content: 'One, two' });
		assert.equal(answer(r), ' and so on.');
		assert.ok(!r.json.choices[0].message.reasoning_content);
		assert.equal(answer(await go({ content: '', name: 'Kim' })),
			' and so on.');
		refused(await go({ content: '' }), 400, /must not be empty/);
		const begun = { role: 'assistant', partial: true, name: 'Kim',
			content: '' };
		refused(await ask('/chat/completions', { model: 'kimi-k3',
			messages: [{ role: 'user', content: 'List.' }, begun,
				{ role: 'user', content: 'On.' }] }), 400,
		/must not be empty/);
		refused(await go({ content: '{' },
			{ response_format: { type: 'json_object' } }), 400,
		/partial mode cannot be used with json_object/);
	});

	await t.test('tools in a message, and forced tools', async () => {
		const inside = (more) => ({ model: 'kimi-k3', messages: [
			{ role: 'user', content: 'x' },
			{ role: 'system', tools: [tool(object({}))], ...more }] });
		const go = (body) => ask('/chat/completions', body);
		answer(await go(inside()));
		refused(await go(inside({ content: 'x' })), 400,
			/cannot be used with content/);
		refused(await go({ ...inside(), model: 'kimi-k2.7-code' }), 400,
			/tokenization failed/);
		refused(await go(inside({ tools: [tool(object({ a: {} }))] })), 400,
			/moonshot flavored/);
		const forced = (model, tool_choice, more) => chat('x', { model,
			tool_choice, tools: [tool(object({}))], ...more });
		const named = { type: 'function', function: { name: 'f' } };
		const off = { thinking: { type: 'disabled' } };
		answer(await forced('kimi-k3', 'required'));
		refused(await forced('kimi-k2.6', 'required'), 400,
			/'required' is incompatible with thinking enabled/);
		refused(await forced('kimi-k3', named), 400, /'specified' is incompat/);
		answer(await forced('kimi-k2.6', named, off));
	});

	await t.test('names of functions, wherever they stand', async () => {
		const fn = (name) => ({ type: 'function', function: { name } });
		const calls = (name, more = {}) => ({ messages: [
			{ role: 'user', content: 'x' },
			{ role: 'assistant', reasoning_content: 'r', tool_calls: [
				{ id: '1', type: 'function', ...more,
					function: { name, arguments: '{}' } }] },
			{ role: 'tool', tool_call_id: '1', content: '{}', ...more }] });
		const off = { model: 'kimi-k2.6', thinking: { type: 'disabled' } };
		const wrong = /function name is invalid, must start with a letter and/;
		for (const name of ['', '2nd', '-a', '_a', 'a.b', 'a/b', 'a b', 'a:b',
			'é', '$f', 'n'.repeat(65)])
			for (const more of [{ tools: [fn(name)] }, calls(name),
				{ ...off, tool_choice: fn(name) }])
				refused(await chat('x', more), 400, wrong);
		refused(await chat('x', calls('f', { name: 'a.b' })), 400, wrong);
		refused(await chat('x', calls('f', { type: 'builtin_function' })), 400,
			/must start with \$/);
		for (const name of ['f', 'get-Weather_2', 'n'.repeat(64)])
			for (const more of [{ tools: [fn(name)] }, calls(name),
				{ ...off, tools: [fn(name)], tool_choice: fn(name) }])
				answer(await chat('x', more));
	});

	await t.test('every row of the error table has a name', async () => {
		for (const [fault, status, type, words] of [
			['content_filter', 400, 'content_filter', /high risk/],
			['invalid_request', 400, 'invalid_request_error', /^Invalid req/],
			['input_too_long', 400, 'invalid_request_error', /too long/],
			['token_limit', 400, 'invalid_request_error', /token limit: 2621/],
			['context_length', 400, 'invalid_request_error', /not fit/],
			['invalid_authentication', 401, 'invalid_authentication_error',
				/^Invalid Authentication$/],
			['incorrect_api_key', 401, 'incorrect_api_key_error',
				/^Incorrect API key provided$/],
			['permission_denied', 403, 'permission_denied_error', /not open/],
			['ip_not_allowed', 403, 'permission_denied_error', /IP/],
			['model_not_found', 404, 'resource_not_found_error',
				/^Not found the model .* or Permission denied$/],
			['engine_overloaded', 429, 'engine_overloaded_error', /overload/],
			['rpm', 429, 'rate_limit_reached_error',
				/org-\w+<ak-\w+> request reached organization max RPM: 3, please try again after 1 seconds/],
			['concurrency', 429, 'rate_limit_reached_error',
				/max concurrency/],
			['tpm', 429, 'rate_limit_reached_error',
				/TPM rate limit, current: \d+, limit: \d+/],
			['tpd', 429, 'rate_limit_reached_error', /TPD/],
			['insufficient_balance', 429, 'exceeded_current_quota_error',
				/suspended due to insufficient balance/],
			['token_quota', 429, 'exceeded_current_quota_error',
				/exceeded your current token quota/],
			['client_closed', 499, 'client_closed_request', /./],
			['server_error', 500, 'server_error', /./],
			['unexpected_output', 500, 'unexpected_output', /./],
			['server_unavailable', 503, 'server_unavailable', /./]]) {
			const r = await chat(scene({ fault }));
			refused(r, status, words);
			assert.equal(r.json.error.type, type);
			assert.equal(r.headers['retry-after'],
				fault === 'engine_overloaded' ? '2' : undefined);
		}
		const url = await chat(scene({ fault: 'url_not_found' }));
		assert.equal(url.status, 404);
		assert.equal(url.json.error, 'url.not_found');
		for (const fault of ['bad_gateway', 'gateway_timeout',
			'unauthorized_page', 'not_found_page', 'too_large_page']) {
			const r = await chat(scene({ fault }));
			assert.match(r.text, /^<html>/);
			assert.match(r.headers['content-type'], /^text\/html/);
		}
		const whole = await chat(scene({ fault: 'tpm', error_after: 1 }));
		assert.equal(whole.status, 429);
		const s = new Stream(fake, '/v1/chat/completions', { key: KEY, body:
			say(scene({ fault: 'tpm', error_after: 1 }), { model: 'kimi-k3',
				stream: true }) });
		await s.done;
		assert.match(s.error.message, /TPM rate limit/);
	});

	await t.test('some models have the Anthropic flavour', async () => {
		const messages = (model, key = KEY) => ask('/messages', { model,
			max_tokens: 9, messages: [{ role: 'user', content: 'hello' }] },
		{ base: '/anthropic/v1', key });
		const r = await messages('kimi-k3');
		assert.match(r.json.content[1].text, /You said: hello$/);
		const none = await messages('kimi-k2.6');
		refused(none, 404, /^Not found the model kimi-k2.6/);
		assert.equal(none.json.type, 'error');
		const key = await messages('kimi-k3', 'sk-bad');
		refused(key, 401, /Incorrect API key/);
		assert.equal(key.json.type, undefined);
	});
});
