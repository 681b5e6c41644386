// SPDX-License-Identifier: MIT
// Chat completions that are not streamed: what goes to Kimi, what comes back.

import assert from 'node:assert/strict';
import { until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_READ_TIMEOUT: 2,
	KIMI_MAX_BODY: 3000000 };
const tools = [{ type: 'function', function: { name: 'weather',
	description: 'Weather of a city',
	parameters: { type: 'object',
		properties: { city: { type: 'string' } } } } }];

withSite('chat', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	// Each check has its own platform credentials, so that none cools down on
	// account of another.
	let serial = 0;
	const fresh = () => `platform:sk-credential-of-one-check-${++serial}`;
	const platform = (text, more) => say(text, { model: 'kimi-k3', ...more });
	const sent = async (word, route = 'completion') => {
		const found = (await site.fake.requests()).filter((r) =>
			r.route === route && JSON.stringify(r.body).includes(word));
		assert.ok(found.length > 0, `nothing sent with ${word}`);
		return found.at(-1).body;
	};

	const turns = (word) => [
		{ role: 'system', content: `system-${word}` },
		{ role: 'user', content: `first-${word}` },
		{ role: 'assistant', content: `answer-${word}` },
		{ role: 'developer', content: `developer-${word}` },
		{ role: 'user', content: [{ type: 'text', text: '' },
			{ type: 'text', text: `last-${word}`,
				cache_control: { type: 'ephemeral' } }] }];

	const chatOf = async (word) => {
		const r = (await site.fake.requests()).find((q) =>
			q.route === 'completion'
			&& JSON.stringify(q.body).includes(word));
		return /chat\/([^/]+)\/completion/.exec(r.path)[1];
	};
	const isDeleted = (word) => until(`the chat of ${word} is deleted`,
		async () => {
			const id = await chatOf(word);
			return !(await site.fake.stats()).chats.includes(id);
		});

	await Promise.all([
		check('a reply has all that OpenAI\'s has', shape),
		check('reasoning is in reasoning_content', reasoning),
		check('system, user and assistant turns all reach the web', flatten),
		check('messages reach the platform unchanged', messages),
		check('the Kimi chat of a stateless request is deleted',
			deleted),
		check('... also after an error and after an abort', deletedToo),
		check('search sources are annotations, not text', search),
		check('a reply that hits the length limit says so', length),
		check('a tool call goes out and its result comes back', toolTrip),
		check('tool calls without index, and two at once', toolForms),
		check('fields are mapped, dropped or refused', fields),
		check('null means absent and unknown fields are no error', nulls),
		check('usage is never zero and names its source', usage),
		check('an unknown model goes to the platform and gets its 404',
			model),
		check('a bad body is a 400 that names the field', badBodies),
		check('a body over the limit is a 413', tooLarge),
	]);
	await check('errors of the platform keep their meaning', platformErrors);
	await check('errors of the web service keep their meaning', webErrors);

	async function shape() {
		for (const model of ['k2', 'kimi-k3']) {
			const asked = Date.now() / 1000;
			const r = await chat(site, say('hello', { model }));
			assert.equal(r.status, 200, r.text);
			const { id, object, created, choices, usage } = r.json;
			assert.match(id, /^chatcmpl-\w{24,}$/);
			assert.equal(object, 'chat.completion');
			assert.ok(created > asked - 2 && created < Date.now() / 1000 + 2);
			assert.equal(r.json.model, model);
			assert.equal(choices.length, 1);
			const [{ message }] = choices;
			assert.equal(choices[0].index, 0);
			assert.equal(choices[0].finish_reason, 'stop');
			assert.equal(choices[0].logprobs, null);
			assert.equal(message.role, 'assistant');
			assert.equal(message.content,
				'This is the fake Kimi. You said: hello');
			assert.equal(message.refusal, null);
			assert.deepEqual(message.annotations, []);
			assert.ok(!('tool_calls' in message));
			assert.ok(usage.prompt_tokens > 0);
			assert.ok(usage.completion_tokens > 0);
			assert.equal(usage.total_tokens, usage.prompt_tokens
				+ usage.completion_tokens);
		}
	}

	async function reasoning() {
		for (const model of ['k1.5', 'kimi-k3']) {
			const r = await chat(site, say(scene({ answer: 'yes',
				reasoning: 'hm, let me see' }), { model }));
			assert.equal(answerOf(r), 'yes');
			assert.equal(r.json.choices[0].message.reasoning_content,
				'hm, let me see');
		}
	}

	async function flatten() {
		answerOf(await chat(site, { model: 'k2', messages: turns('flat') }));
		const { messages } = await sent('last-flat');
		assert.equal(messages.length, 1);
		assert.equal(messages[0].role, 'user');
		const at = ['system', 'first', 'answer', 'developer', 'last']
			.map((w) => messages[0].content.indexOf(`${w}-flat`));
		assert.ok(at.every((a, i) => a >= 0 && (i === 0 || a > at[i - 1])),
			messages[0].content);
		// One user message alone is sent as it is.
		answerOf(await chat(site, say('all-alone')));
		assert.equal((await sent('all-alone')).messages[0].content,
			'all-alone');
	}

	async function messages() {
		answerOf(await chat(site, { model: 'kimi-k3',
			messages: turns('plain') }));
		const body = await sent('last-plain');
		const flat = body.messages.map((m) => [m.role,
			typeof m.content === 'string' ? m.content
				: m.content.map((p) => p.text).join('')]);
		assert.deepEqual(flat, [['system', 'system-plain'],
			['user', 'first-plain'], ['assistant', 'answer-plain'],
			['system', 'developer-plain'], ['user', 'last-plain']]);
		assert.ok(!JSON.stringify(body).includes('cache_control'));
	}

	async function deleted() {
		answerOf(await chat(site, say('delete-me-1')));
		await isDeleted('delete-me-1');
		await finished(stream(site, say('delete-me-2')));
		await isDeleted('delete-me-2');
	}

	async function deletedToo() {
		errorOf(await chat(site, say(scene({ error_after: 0, error: {
			error_type: 'openai.completion.stream', message: 'tired' } },
		'delete-me-3'))), 503);
		await isDeleted('delete-me-3');
		const s = stream(site, say(scene({ error_after: 2, error: {
			error_type: 'openai.completion.stream', message: 'tired' } },
		'delete-me-4')));
		await s.done;
		assert.ok(s.error);
		await isDeleted('delete-me-4');
		const left = stream(site, say(scene({ chunks: 2, chunk_ms: 9000,
			answer: 'one two' }, 'delete-me-5')));
		await left.content(1);
		left.leave();
		await isDeleted('delete-me-5');
	}

	async function search() {
		const found = [{ url: 'https://one.example/a', title: 'One',
			site_name: 'one' },
		{ url: 'https://two.example/b', title: 'Two', site_name: 'two' }];
		const r = await chat(site, say(scene({ search: found,
			answer: 'It is so.' }, 'search-me')));
		assert.equal(answerOf(r), 'It is so.');
		const { annotations } = r.json.choices[0].message;
		assert.deepEqual(annotations.map((a) => [a.type, a.url_citation.url,
			a.url_citation.title]), found.map((f) =>
			['url_citation', f.url, f.title]));
		for (const { url_citation: c } of annotations)
			assert.ok(c.start_index <= c.end_index
				&& c.end_index <= 'It is so.'.length);
		assert.equal((await sent('search-me')).use_search, true);
	}

	async function length() {
		for (const model of ['k2', 'kimi-k3']) {
			const r = await chat(site, say(scene({ answer: 'cut off he',
				finish_reason: 'length' }), { model }));
			assert.equal(answerOf(r), 'cut off he');
			assert.equal(r.json.choices[0].finish_reason, 'length');
		}
	}

	async function toolTrip() {
		const ask = { role: 'user', content: scene({ reasoning: 'needs weather',
			tool_calls: [{ id: 'weather:0', name: 'weather',
				arguments: '{"city":"Kyoto"}' }] }, 'tool-trip') };
		const r = await chat(site, { model: 'kimi-k3', tools,
			messages: [ask] });
		const [choice] = r.json.choices;
		assert.equal(choice.finish_reason, 'tool_calls');
		assert.ok(!choice.message.content);
		const [use] = choice.message.tool_calls;
		assert.match(use.id, /^[a-zA-Z0-9_-]+$/);
		assert.equal(use.type, 'function');
		assert.equal(use.function.name, 'weather');
		assert.deepEqual(JSON.parse(use.function.arguments),
			{ city: 'Kyoto' });
		// OpenAI clients send the call back without its reasoning.
		answerOf(await chat(site, { model: 'kimi-k3', tools, messages: [
			{ role: 'user', content: 'tool-trip' },
			{ role: 'assistant', content: null, tool_calls: [use] },
			{ role: 'tool', tool_call_id: use.id,
				content: 'tool-result: rain' }] }));
		const { messages } = await sent('tool-result');
		assert.equal(messages[1].tool_calls[0].id, messages[2].tool_call_id);
		assert.ok(messages[1].reasoning_content, 'no reasoning restored');
		assert.deepEqual((await sent('tool-trip fake')).tools[0].function.name,
			'weather');
	}

	async function toolForms() {
		const calls = [{ id: 'functions.weather:0', name: 'weather',
			arguments: '{"city":"A"}' },
		{ id: 'functions.weather:1', name: 'weather',
			arguments: '{"city":"B"}' }];
		for (const form of [{}, { tool_index: false },
			{ tool_together: true }]) {
			const r = await chat(site, platform(scene({ ...form,
				tool_calls: calls, finish_reason: 'stop' }), { tools }));
			const [choice] = r.json.choices;
			assert.equal(choice.finish_reason, 'tool_calls');
			assert.deepEqual(choice.message.tool_calls.map((c) =>
				c.function.arguments), calls.map((c) => c.arguments));
			const ids = choice.message.tool_calls.map((c) => c.id);
			assert.equal(new Set(ids).size, 2);
		}
		const one = await chat(site, platform(scene({ tool_calls: calls }),
			{ tools, parallel_tool_calls: false }));
		assert.equal(one.json.choices[0].message.tool_calls.length, 1);
	}

	async function fields() {
		const schema = { name: 'out', schema: { type: 'object',
			properties: { a: { type: 'string' } } }, strict: true };
		answerOf(await chat(site, platform('map-me', { temperature: 0.3,
			top_p: 0.5, presence_penalty: 1, frequency_penalty: 1,
			seed: 1, logit_bias: {}, logprobs: false, verbosity: 'low',
			max_completion_tokens: 100, max_tokens: 50, stop: ['x', 'y'],
			reasoning_effort: 'medium', user: 'u1', n: 1, store: false,
			prompt_cache_key: 'cache-1', service_tier: 'auto',
			response_format: { type: 'json_schema', json_schema: schema },
			tools, tool_choice: 'auto' })));
		const body = await sent('map-me');
		for (const gone of ['temperature', 'top_p', 'presence_penalty',
			'frequency_penalty', 'seed', 'logit_bias', 'verbosity',
			'service_tier', 'store'])
			assert.ok(!(gone in body), `${gone} was sent`);
		assert.equal(body.max_completion_tokens ?? body.max_tokens, 100);
		assert.deepEqual(body.stop, ['x', 'y']);
		assert.equal(body.reasoning_effort, 'high');
		assert.equal(body.response_format.json_schema.name, 'out');
		assert.equal(body.prompt_cache_key, 'cache-1');

		const refused = [['n', { n: 9 }], ['temperature', { temperature: 3 }],
			['temperature', { temperature: 'hot' }],
			['modalities', { modalities: ['text', 'audio'] }],
			['stop', { stop: ['1', '2', '3', '4', '5'] }],
			['stream', { stream: 'yes' }], ['tools', { tools: {} }],
			['max_tokens', { max_tokens: 'many' }],
			['response_format.type', { response_format: { type: 'x' } }]];
		for (const [param, more] of refused) {
			const e = errorOf(await chat(site, platform('no', more)), 400);
			assert.ok(e.param?.startsWith(param), `${param}: ${e.param}`);
			assert.equal(e.type, 'invalid_request_error');
		}
	}

	async function nulls() {
		const none = Object.fromEntries(['temperature', 'top_p', 'n', 'stop',
			'tools', 'tool_choice', 'response_format', 'stream',
			'stream_options', 'max_tokens', 'user', 'metadata', 'store',
			'reasoning_effort', 'parallel_tool_calls', 'functions',
			'modalities'].map((name) => [name, null]));
		for (const model of ['k2', 'kimi-k3'])
			answerOf(await chat(site, say('hello', { model, ...none,
				client_metadata: { a: 1 }, output_config: [] })));
	}

	async function usage() {
		const counts = { prompt_tokens: 90, completion_tokens: 12,
			total_tokens: 102, cached_tokens: 64,
			completion_tokens_details: { reasoning_tokens: 5 } };
		for (const usage_at of ['choice', 'top', 'extra']) {
			const r = await chat(site, platform(scene({ usage: counts,
				usage_at })));
			const { usage } = r.json;
			assert.equal(usage.prompt_tokens, 90, usage_at);
			assert.equal(usage.completion_tokens, 12);
			assert.equal(usage.total_tokens, 102);
			assert.equal(usage.prompt_tokens_details.cached_tokens, 64);
			assert.equal(usage.completion_tokens_details.reasoning_tokens,
				5);
			const row = await site.row(r.headers['x-request-id']);
			assert.equal(row.token_source, 'upstream');
		}
		for (const body of [say('hello'), platform(scene({
			usage_at: 'none' })), say(scene({ answer: '' }))]) {
			const r = await chat(site, body);
			const { usage } = r.json;
			assert.ok(usage.prompt_tokens > 0, r.text);
			assert.ok(usage.total_tokens >= usage.prompt_tokens);
			const row = await site.row(r.headers['x-request-id']);
			assert.match(row.token_source, /^(estimated|counted)$/);
		}
	}

	async function model() {
		const e = errorOf(await chat(site, say('hello',
			{ model: 'kimi-none' })), 404);
		assert.equal(e.code, 'model_not_found');
		assert.equal(e.param, 'model');
	}

	async function badBodies() {
		const user = { role: 'user', content: 'x' };
		const cases = [
			['', null], ['no json', null], ['{"model":', null],
			['[]', null], ['"text"', null],
			[Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), null],
			[Buffer.from('{"model":"k2","messages":[{"role":"user",'
				+ '"content":"\xff"}]}', 'latin1'), null],
			['['.repeat(100000) + ']'.repeat(100000), null],
			[`{"model":"k2","messages":${'{"a":'.repeat(5000)}1${
				'}'.repeat(5000)}}`, null],
			[{ messages: [user] }, 'model'],
			[{ model: 7, messages: [user] }, 'model'],
			[{ model: 'k2' }, 'messages'],
			[{ model: 'k2', messages: [] }, 'messages'],
			[{ model: 'k2', messages: 'hi' }, 'messages'],
			[{ model: 'k2', messages: [7] }, 'messages[0]'],
			[{ model: 'k2', messages: [user, { role: 'king',
				content: 'x' }] }, 'messages[1].role'],
			[{ model: 'k2', messages: [{ content: 'x' }] },
				'messages[0].role'],
			[{ model: 'k2', messages: [{ role: 'user', content: 5 }] },
				'messages[0].content'],
			[{ model: 'k2', messages: [{ role: 'user', content: [
				{ type: 'input_audio', input_audio: {} }] }] },
			'messages[0].content'],
			[{ model: 'kimi-k3', messages: [user, { role: 'tool',
				tool_call_id: 'none', content: 'x' }] }, 'messages[1]'],
		];
		for (const [body, param] of cases) {
			const r = await chat(site, body);
			const what = typeof body === 'object' && !Buffer.isBuffer(body)
				? JSON.stringify(body) : String(body).slice(0, 40);
			assert.equal(r.status, 400, `${what}: ${r.text}`);
			const e = errorOf(r, 400);
			assert.equal(e.type, 'invalid_request_error');
			if (param)
				assert.ok(e.param?.startsWith(param),
					`${what}: ${e.param}`);
		}
	}

	async function tooLarge() {
		const e = errorOf(await chat(site, say('x'.repeat(3100000))), 413);
		assert.equal(e.code, 'request_too_large');
		assert.equal(answerOf(await chat(site, say(scene({ answer: 'ok' },
			'x'.repeat(2900000))))), 'ok');
	}

	async function platformErrors() {
		const reply = (status, type, message, headers) => ({ status, headers,
			body: { error: { type, message } } });
		const cases = [
			[reply(400, 'content_filter', 'considered high risk'),
				400, 'content_filter'],
			[reply(400, 'invalid_request_error', 'Invalid request: Your '
				+ 'request exceeded model token limit: 262144 '
				+ '(requested: 300000)'), 400, 'context_length_exceeded'],
			[reply(400, 'invalid_request_error', 'Invalid request: odd'),
				400, undefined],
			[reply(401, 'invalid_authentication_error',
				'Invalid Authentication'), 401, undefined],
			[reply(403, 'permission_denied_error', 'not open'), 403,
				undefined],
			[reply(404, 'resource_not_found_error', 'Not found the model '
				+ 'kimi-k3 or Permission denied'), 404,
			'model_not_found'],
			[reply(429, 'rate_limit_reached_error', 'Your account '
				+ 'org-abc123<ak-def456> request reached organization '
				+ 'max RPM: 3, please try again after 1 seconds',
			{ 'Retry-After': '7' }), 429, 'rate_limit_exceeded'],
			[reply(429, 'exceeded_current_quota_error', 'Your account is '
				+ 'suspended due to insufficient balance'), 429,
			'insufficient_quota'],
			[reply(429, 'engine_overloaded_error', 'The engine is '
				+ 'currently overloaded'), undefined, undefined],
			[reply(500, 'server_error', 'oops'), 502, 'upstream_error'],
			[{ status: 502, headers: { 'Content-Type': 'text/html' },
				body: '<html>bad gateway</html>' }, 502,
			'upstream_error'],
			[reply(503, 'server_unavailable', 'down'), 503,
				'server_is_overloaded'],
			[{ status: 504, headers: { 'Content-Type': 'text/html' },
				body: '<html>timeout</html>' }, 504,
			'upstream_timeout'],
			[{ close_after: 0 }, 502, 'upstream_error'],
			[{ delay_ms: 6000 }, 504, 'upstream_timeout'],
			[{ silence_ms: 6000 }, 504, 'upstream_timeout'],
			[{ raw: 'not an event stream' }, 502, 'upstream_error'],
		];
		await Promise.all(cases.map(async ([members, status, code]) => {
			const what = JSON.stringify(members);
			const r = await chat(site, platform(scene(members)),
				{ key: fresh() });
			assert.ok(status ? r.status === status
				: [429, 503].includes(r.status),
			`${what}: ${r.status} ${r.text}`);
			const e = errorOf(r, r.status);
			if (code)
				assert.equal(e.code, code, what);
			assert.ok(!/org-abc|ak-def|127\.0\.0\.1|sk-cred/
				.test(r.text), r.text);
			if (code === 'rate_limit_exceeded')
				assert.ok(Math.abs(r.headers['retry-after'] - 7) <= 1,
					r.headers['retry-after']);
			if (code === 'insufficient_quota')
				assert.equal(r.headers['x-should-retry'], 'false');
		}));
	}

	async function webErrors() {
		const reply = (status, error_type, message = 'text') =>
			({ status, body: { error_type, message } });
		const event = (error_type) => ({ error_after: 0,
			error: { error_type, message: 'text' } });
		const cases = [
			[reply(400, 'chat.user_stream_pushing'), 429,
				'rate_limit_exceeded'],
			[event('chat.user_stream_pushing'), 429,
				'rate_limit_exceeded'],
			[reply(403, 'chat.forbidden'), 403, undefined],
			[event('openai.completion.stream'), 503,
				'server_is_overloaded'],
			[event('openai.completion.token_length_too_long'), 400,
				'context_length_exceeded'],
			[reply(401, 'auth.token.invalid'), 401, 'invalid_api_key'],
			[reply(429, 'too.many'), 429, 'rate_limit_exceeded'],
			[reply(500, 'internal'), 502, 'upstream_error'],
			[{ close_after: 0 }, 502, 'upstream_error'],
			[{ silence_ms: 6000 }, 504, 'upstream_timeout'],
		];
		await Promise.all(cases.map(async ([members, status, code], i) => {
			const what = JSON.stringify(members);
			const r = await chat(site, say(scene(members)),
				{ key: `web:refresh-of-web-error-case-${i}` });
			assert.equal(r.status, status, `${what}: ${r.text}`);
			const e = errorOf(r, status);
			if (code)
				assert.equal(e.code, code, what);
			if (status === 429)
				assert.ok(r.headers['retry-after'] >= 1, what);
		}));
	}
});
