// SPDX-License-Identifier: MIT
// Kimi Code where its OpenAI flavour serves others only: the Anthropic one
// answers, and the client cannot tell.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { call as post, chat, say, scene, stream, upload } from './lib/http.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

withSite('Anthropic flavour', 'lighttpd_fastcgi', {}, async (check, site) => {
	const { fake } = site;
	await fake.settings({ code_allow: ['other/'] });

	const keyOf = (name) => `sk-kimi-${name}`.padEnd(32, 'x');
	const ask = (key, text, more = {}) =>
		chat(site, say(text, { model: 'k3', ...more }), { key });
	const watch = (key, text, more = {}) =>
		stream(site, say(text, { model: 'k3', ...more }), { key });
	const routes = async (key) => (await fake.asked(key))
		.map((r) => r.route).filter((r) => r !== 'models');
	const bodies = async (key) => (await fake.asked(key, 'messages'))
		.map((r) => r.body);
	const plays = (key, scene, match = {}, times = 1) => fake.scenes({
		match: { service: 'code', route: 'messages', token: key, ...match },
		times, scene });
	const weather = { type: 'function', function: { name: 'weather',
		parameters: { type: 'object',
			properties: { place: { type: 'string' } } } } };
	const call = { id: 'functions.weather:0', name: 'weather',
		arguments: { place: 'Zürich, 上海', days: 3 } };

	await Promise.all([
		check('replies, and is tried first from then on', first),
		check('streams', streams),
		check('gives the same reply in one-byte pieces and among noise',
			pieces),
		check('tool loops work and get their reasoning back', tools),
		check('images arrive whole', image),
		check('an uploaded image arrives whole, and streams', uploaded),
		check('searches', search),
		check('a model with and without thinking', thinking),
		check('covers every row of the error table', errors),
		check('a stop sequence is named', stops),
		check('an error after the first content', later),
		check('a reply that ends unexpectedly is an error', truncated),
	]);
	await check('a request that both flavours refuse', both);

	async function first() {
		const key = keyOf('first');
		const r = await ask(key, 'hello', { reasoning_effort: 'low' });
		assert.match(answerOf(r), /You said: hello$/);
		assert.ok(r.json.choices[0].message.reasoning_content);
		assert.equal(r.json.choices[0].finish_reason, 'stop');
		assert.ok(r.json.usage.prompt_tokens > 0);
		assert.ok(r.json.usage.completion_tokens > 0);
		answerOf(await ask(key, 'again'));
		assert.deepEqual(await routes(key),
			['completion', 'messages', 'messages']);
		const [{ headers, body, user_agent: agent }] =
			await fake.asked(key, 'messages');
		assert.equal(headers['anthropic-version'], '2023-06-01');
		assert.equal(headers['x-msh-platform'], 'kimi-proxy');
		assert.match(agent, /^kimi-proxy\//);
		assert.deepEqual(body, { model: 'k3', max_tokens: 32768,
			messages: [{ role: 'user',
				content: [{ type: 'text', text: 'hello' }] }],
			stream: true,
			thinking: { type: 'adaptive', display: 'summarized' },
			output_config: { effort: 'low' } });
		const row = await site.row(r.headers['x-request-id']);
		assert.equal(row.status, 'done');
	}

	async function streams() {
		const usage = { input_tokens: 11, cache_read_input_tokens: 5,
			output_tokens: 7 };
		const s = await finished(watch(keyOf('streams'), scene({ usage,
			reasoning: 'Let me see.', answer: 'Grüße aus 上海 👍' }),
		{ stream_options: { include_usage: true } }));
		assert.equal(s.text, 'Grüße aus 上海 👍');
		assert.equal(s.chunks.map((c) =>
			c.choices[0]?.delta.reasoning_content || '').join(''),
		'Let me see.');
		assert.equal(s.finish, 'stop');
		const { usage: told } = s.chunks.find((c) => c.usage);
		assert.equal(told.prompt_tokens, 16);
		assert.equal(told.completion_tokens, 7);
		assert.equal(told.prompt_tokens_details.cached_tokens, 5);
	}

	async function pieces() {
		for (const more of [{ cut_bytes: 1 }, { cut_bytes: 7 },
			{ one_write: true }, { unknown_events: true }]) {
			const s = await finished(watch(keyOf('pieces'), scene({
				reasoning: 'Hm 上.', answer: 'Größe 👍', tool_calls: [call],
				...more }), { tools: [weather] }));
			assert.equal(s.text, 'Größe 👍');
			assert.equal(s.finish, 'tool_calls');
			const calls = s.chunks.flatMap((c) =>
				c.choices[0]?.delta.tool_calls || []);
			assert.deepEqual(JSON.parse(calls.map((c) =>
				c.function.arguments || '').join('')), call.arguments);
		}
	}

	async function tools() {
		const key = keyOf('tools');
		const two = [call, { ...call, id: 'functions.weather:1',
			arguments: { place: 'Oslo' } }];
		await plays(key, { tool_calls: two, answer: 'I look.',
			reasoning: 'Weather is asked for.' });
		const user = { role: 'user', content: 'weather?' };
		const r = await ask(key, 'weather?', { tools: [weather] });
		const { message, finish_reason: finish } = r.json.choices[0];
		assert.equal(finish, 'tool_calls');
		assert.equal(message.content, 'I look.');
		assert.deepEqual(message.tool_calls.map((c) =>
			JSON.parse(c.function.arguments)),
		two.map((c) => c.arguments));
		for (const { id } of message.tool_calls)
			assert.match(id, /^[A-Za-z0-9_-]+$/);
		delete message.reasoning_content;
		answerOf(await ask(key, '', { tools: [weather], messages: [user,
			message, ...message.tool_calls.map((c, i) => ({ role: 'tool',
				tool_call_id: c.id, content: `result ${i}` }))] }));
		const sent = (await bodies(key)).at(-1).messages;
		const ids = ['functions_weather_0', 'functions_weather_1'];
		assert.deepEqual(sent.slice(1), [
			{ role: 'assistant', content: [
				{ type: 'thinking', thinking: 'Weather is asked for.' },
				{ type: 'text', text: 'I look.' },
				...ids.map((id, i) => ({ type: 'tool_use', id,
					name: 'weather', input: two[i].arguments }))] },
			{ role: 'user', content: ids.map((id, i) => ({
				type: 'tool_result', tool_use_id: id, content:
					[{ type: 'text', text: `result ${i}` }] })) },
		]);
	}

	async function image() {
		const key = keyOf('image');
		const picture = Buffer.from('not really a picture');
		const parts = (url) => [{ role: 'user', content: [
			{ type: 'text', text: 'Look' },
			{ type: 'image_url', image_url: { url } }] }];
		const r = await ask(key, '', { messages: parts(
			`data:image/png;base64,${picture.toString('base64')}`) });
		assert.match(answerOf(r), /Look \[image image\/png 20 bytes sha256/);
		const error = errorOf(await ask(key, '', { messages:
			parts('data:image/png,plain') }), 400);
		assert.equal(error.param, 'messages[0].content[1].image_url');
	}

	// Its bytes are in the database and longer than one read of them.
	async function uploaded() {
		const key = keyOf('uploaded');
		const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'),
			randomBytes(50000)]);
		const id = await upload(site, png, 'a.png', { key });
		const messages = [{ role: 'user', content: [
			{ type: 'text', text: 'Look' },
			{ type: 'image_url', image_url: { file_id: id } }] }];
		const hash = createHash('sha256').update(png).digest('hex');
		const seen = new RegExp(`Look \\[image image/png ${png.length} bytes `
			+ `sha256 ${hash.slice(0, 8)}\\]`);
		assert.match(answerOf(await ask(key, '', { messages })), seen);
		const s = await finished(watch(key, '', { messages }));
		assert.match(s.text, seen);
		assert.match(answerOf(await ask(key, '', { messages })), seen);
	}

	async function search() {
		const key = keyOf('search');
		const found = { url: 'https://one.example/a', title: 'One' };
		await plays(key, { tool_calls: [{ id: 'web_search:0',
			name: 'web_search', arguments: { query: 'ones' } }],
		answer: '', usage: { input_tokens: 10, output_tokens: 2 } });
		await plays(key, { answer: 'It is so.',
			usage: { input_tokens: 20, output_tokens: 3 } });
		await fake.scenes({ match: { route: 'search', token: key },
			scene: { search: [found] } });
		const r = await ask(key, 'find ones', { web_search_options: {} });
		assert.equal(answerOf(r), 'It is so.');
		const { annotations } = r.json.choices[0].message;
		assert.deepEqual(annotations.map((a) => [a.url_citation.url,
			a.url_citation.title]), [[found.url, found.title]]);
		assert.equal(r.json.usage.prompt_tokens, 30);
		assert.deepEqual(await routes(key),
			['completion', 'messages', 'search', 'messages']);
		const [, second] = await bodies(key);
		const { tool_use_id: id, content } =
			second.messages.at(-1).content[0];
		assert.equal(id, 'web_search_0');
		assert.equal(JSON.parse(content[0].text)[0].url, found.url);
	}

	async function thinking() {
		const key = keyOf('thinking');
		const coding = (more) => ask(key, 'hello',
			{ model: 'kimi-for-coding', ...more });
		answerOf(await coding({ thinking: { type: 'disabled' } }));
		answerOf(await coding({ thinking: { type: 'enabled' },
			reasoning_effort: 'medium' }));
		answerOf(await coding({ tools: [weather],
			tool_choice: 'required' }));
		answerOf(await coding({ temperature: 0.3, max_tokens: 50,
			stop: ['END'], messages: [{ role: 'system', content: 'Be brief.' },
				{ role: 'user', content: 'hello' },
				{ role: 'assistant', content: 'Well', partial: true }] }));
		const [off, on, forced, more] = await bodies(key);
		assert.equal(off.thinking.type, 'disabled');
		assert.equal(off.output_config, undefined);
		assert.deepEqual([on.thinking, on.output_config],
			[{ type: 'enabled' }, { effort: 'high' }]);
		assert.equal(forced.tool_choice.type, 'any');
		assert.equal(more.temperature, undefined);
		assert.equal(more.max_tokens, 50);
		assert.deepEqual(more.stop_sequences, ['END']);
		assert.deepEqual(more.system, [{ type: 'text', text: 'Be brief.' }]);
		assert.deepEqual(more.messages.at(-1), { role: 'assistant',
			content: [{ type: 'text', text: 'Well' }] });
	}

	async function errors() {
		for (const [fault, status, words] of [
			['code_key', 401, /Kimi says: The API Key appears to be invalid/],
			['membership', 403, /unable to verify your membership/],
			['cycle_limit', 429, /usage limit for this billing cycle/],
			['access_terminated', 403, /Access terminated/],
			['too_many_requests', 429, /too many requests/],
			['period_limit', 429, /usage limit for this period/],
			['monthly_limit', 429, /monthly usage limit/],
			['message_size', 400, /total message size/],
			['token_limit', 400, /exceeded model token limit/],
			['high_risk', 400, /considered high risk/],
			['duplicate_function', 400, /is duplicated/],
			['model_not_found', 404, /or Permission denied/],
			['plan_model', 403, /Upgrade to a Moderato plan/],
			['plan_context', 400, /context length is 262144 tokens/],
			['model_id', 404, /set model id as `k3`/],
			['concurrent_limit', 429, /concurrent request limit/],
			['hours_limit', 429, /5-hour usage limit/],
			['credit_balance', 429, /credit balance is insufficient/],
		]) {
			const key = keyOf(`error${fault.replaceAll('_', '')}`);
			await plays(key, { fault }, {}, -1);
			const error = errorOf(await ask(key, 'hello'), status);
			assert.match(error.message, words, fault);
		}
	}

	async function stops() {
		const key = keyOf('stops');
		const r = await post(site, '/v1/messages', { key, body: { model: 'k3',
			max_tokens: 100, stop_sequences: ['END'], messages: [{
				role: 'user', content: scene({ answer: 'one END two' }) }] } });
		assert.equal(r.json.stop_reason, 'stop_sequence', r.text);
		assert.equal(r.json.stop_sequence, 'END');
		const c = await ask(key, scene({ answer: 'one END two' }),
			{ stop: 'END' });
		assert.equal(c.json.choices[0].finish_reason, 'stop');
		assert.equal(answerOf(c), 'one ');
	}

	async function later() {
		const s = watch(keyOf('later'), scene({ error_after: 2,
			fault: 'engine_overloaded', answer: 'one two three four' }));
		await s.done;
		assert.ok(s.text.length > 0);
		assert.match(s.error.message, /engine is currently overloaded/);
		assert.ok(!s.finished);
	}

	async function truncated() {
		for (const more of [{ end: 'truncated' }, { close_after: 2 }]) {
			const s = watch(keyOf('truncated'), scene({ ...more,
				answer: 'one two three four' }));
			await s.done;
			assert.ok(s.text.length > 0);
			assert.ok(s.error, s.raw);
			assert.equal(s.finish, undefined);
		}
	}

	async function both() {
		const key = keyOf('both');
		await plays(key, { fault: 'not_an_agent' });
		const error = errorOf(await ask(key, 'hello'), 403);
		assert.match(error.message, /serves only the clients on its list/);
		assert.deepEqual(await routes(key), ['completion', 'messages']);
	}
});
