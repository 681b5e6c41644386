// SPDX-License-Identifier: MIT
// The Open Platform: what each model is sent, conversations, partial mode,
// its two regions, and answers in any pieces.

import assert from 'node:assert/strict';
import { chat, say, scene, stream } from './lib/http.mjs';
import { bodyWith, fingerprint, isKnown, laid, messageOf, notesOf, platformKey,
	cooldownOf, secretOf, sentWith, tool } from './lib/kimi.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const K2_CODE = 'kimi-k2.7-code';
const models = ['kimi-k3', 'kimi-k2.6', K2_CODE];

// Each form of a stream, with characters of every length in it.
const calls = [{ id: 'functions.look:0', name: 'look',
	arguments: '{"what":"Zürich 上海 👍🏽"}' },
{ id: 'functions.read:1', name: 'read', arguments: '{}' }];
const forms = [
	{ answer: 'Grüße 你好 👍🏽\n\n"data: [DONE]"', reasoning: 'hm… 嗯' },
	{ answer: '', reasoning: 'first', tool_calls: calls },
	{ tool_calls: calls, tool_together: true, answer: 'Let me see.' },
	{ tool_calls: calls, tool_index: false, answer: '' },
	{ answer: 'kept', unknown_events: true, usage_at: 'choice' },
	{ answer: 'no end', end: 'missing', usage_at: 'top' },
];
const cuts = [{ cut_bytes: 1 }, { cut_bytes: 7 }, { one_write: true }];
const told = (message) => [message.content || '',
	message.reasoning_content || '',
	(message.tool_calls || []).map((c) => [c.function.name,
		c.function.arguments])];
const expected = (form) => [form.answer, form.reasoning
	|| 'Thinking about what the user said.',
(form.tool_calls || []).map((c) => [c.name, c.arguments])];
const tools = ['look', 'read'].map(tool);

withSite('platform', 'lighttpd_fastcgi', {}, async (check, site) => {
	const ask = (text, model, more) => chat(site, say(text, { model, ...more }),
		{ key: platformKey() });
	const members = async (word, model, more) => {
		const r = await ask(word, model, more);
		if (model.startsWith('kimi-k'))
			answerOf(r);
		const { messages, stream, stream_options, model: name, ...rest }
			= await bodyWith(site, word);
		assert.equal(name, model);
		assert.equal(stream, true);
		return rest;
	};

	await Promise.all([
		check('current models get no sampling parameters', sampling),
		check('... but old models do, within their limits', sampling1),
		check('thinking and effort are mapped to the model', thinking),
		check('tool_choice is mapped to the model', choices),
		check('max_tokens over the model\'s limit is not an error',
			limits),
		check('stop, format, cache key and user are passed on', others),
		check('developer becomes system, and names stay', roles),
		check('partial mode continues where the message ends', partial),
		check('every piece of a stream may arrive alone', pieces),
		check('a whole reply equals the streamed one', whole),
	]);
	await check('three turns with restarts in between', conversation);

	async function sampling() {
		for (const [i, model] of models.entries())
			assert.deepEqual(await members(`sampling-${i}`, model, {
				temperature: 0.7, top_p: 0.5, n: 1, presence_penalty: 1,
				frequency_penalty: -1, seed: 7, logit_bias: { 1: 2 },
				logprobs: false, top_k: 3, service_tier: 'auto',
				verbosity: 'high', store: true, metadata: { a: 'b' },
				parallel_tool_calls: true }), {});
	}

	async function sampling1() {
		assert.deepEqual(await members('sampling-old', 'moonshot-v1-8k', {
			temperature: 1.7, top_p: 0.5, presence_penalty: 1,
			frequency_penalty: -1 }), { temperature: 1, top_p: 0.5,
			presence_penalty: 1, frequency_penalty: -1 });
	}

	async function thinking() {
		const on = { type: 'enabled' };
		const off = { type: 'disabled' };
		const keep = { type: 'enabled', keep: 'all' };
		const effort = (reasoning_effort) => ({ reasoning_effort });
		const cases = [
			['kimi-k3', {}, {}],
			['kimi-k3', effort('none'), effort('low')],
			['kimi-k3', effort('minimal'), effort('low')],
			['kimi-k3', effort('medium'), effort('high')],
			['kimi-k3', effort('xhigh'), effort('max')],
			['kimi-k3', { thinking: on }, {}],
			['kimi-k3', { thinking: off }, effort('low')],
			['kimi-k3', { thinking: off, ...effort('max') }, effort('low')],
			['kimi-k3', { thinking: on, ...effort('low') }, effort('low')],
			['kimi-k2.6', {}, {}],
			['kimi-k2.6', effort('none'), { thinking: off }],
			['kimi-k2.6', effort('low'), { thinking: on }],
			['kimi-k2.6', { thinking: off }, { thinking: off }],
			['kimi-k2.6', { thinking: keep }, { thinking: keep }],
			['kimi-k2.6', { thinking: off, ...effort('max') },
				{ thinking: off }],
			[K2_CODE, effort('none'), {}],
			[K2_CODE, { thinking: off }, {}],
			[K2_CODE, { thinking: on, ...effort('high') }, {}],
		];
		await Promise.all(cases.map(async ([model, given, sent], i) =>
			assert.deepEqual(await members(`thinking-${i}.`, model, given),
				sent, `${model} ${JSON.stringify(given)}`)));
	}

	async function choices() {
		const off = { thinking: { type: 'disabled' } };
		const both = ['look', 'read'];
		const named = { type: 'function', function: { name: 'read' } };
		const allowed = { type: 'allowed_tools', allowed_tools: {
			mode: 'required', tools: [named] } };
		const required = { tool_choice: 'required' };
		const cases = [
			['kimi-k3', 'auto', both, {}],
			['kimi-k3', 'none', undefined, {}],
			['kimi-k3', 'required', both, required],
			['kimi-k3', allowed, ['read'], required],
			['kimi-k3', named, ['read'], required],
			['kimi-k2.6', 'auto', both, {}],
			['kimi-k2.6', 'required', both, { ...required, ...off }],
			['kimi-k2.6', named, ['read'], { ...required, ...off }],
			[K2_CODE, 'required', both, {}],
			[K2_CODE, named, ['read'], {}],
		];
		await Promise.all(cases.map(async ([model, tool_choice, names, sent],
			i) => {
			const { tools, ...rest } = await members(`choice-${i}.`, model,
				{ tools: both.map(tool), tool_choice });
			assert.deepEqual(tools?.map((t) => t.function.name), names);
			assert.deepEqual(rest, sent, `${model} ${i}`);
		}));
	}

	async function limits() {
		for (const [i, model] of models.entries())
			for (const field of ['max_tokens', 'max_completion_tokens']) {
				const word = `limit-${i}-${field}`;
				const { max_completion_tokens: most } = await members(
					`${word} ${'x'.repeat(40000)}`, model,
					{ [field]: 2e6 });
				assert.ok(most === undefined || most > 100000, most);
			}
		assert.deepEqual(await members('limit-small', 'kimi-k3', {
			max_tokens: 32000 }), { max_completion_tokens: 32000 });
		assert.deepEqual(await members('limit-two', 'kimi-k3', {
			max_tokens: 32000, max_completion_tokens: 100 }),
		{ max_completion_tokens: 100 });
	}

	async function others() {
		const json_schema = { name: 'out', strict: true, schema: {
			type: 'object', properties: { a: { type: 'string' } } } };
		const format = { type: 'json_schema', json_schema };
		assert.deepEqual(await members('others-1', 'kimi-k3', {
			stop: ['END', '', 'STOP'], response_format: format,
			prompt_cache_key: 'session-1', user: 'user-1' }),
		{ stop: ['END', 'STOP'], response_format: format,
			prompt_cache_key: 'session-1', safety_identifier: 'user-1' });
		assert.deepEqual(await members('others-2', 'kimi-k2.6', {
			stop: 'END', response_format: { type: 'json_object' },
			user: 'user-1', safety_identifier: 'hash-1' }),
		{ stop: ['END'], response_format: { type: 'json_object' },
			safety_identifier: 'hash-1' });
		assert.deepEqual(await members('others-3', 'kimi-k3', { stop: [],
			response_format: { type: 'text' } }), {});
		const r = await ask(scene({ answer: 'one END two' }), 'kimi-k3',
			{ stop: 'END' });
		assert.equal(answerOf(r), 'one ');
	}

	async function roles() {
		const sent = [{ role: 'developer', content: 'be brief' },
			{ role: 'user', name: 'Ann', content: 'roles-1' },
			{ role: 'assistant', content: 'yes' },
			{ role: 'user', content: [{ type: 'text', text: 'roles-2' }] }];
		answerOf(await chat(site, { model: 'kimi-k3', messages: sent },
			{ key: platformKey() }));
		const { messages } = await bodyWith(site, 'roles-2');
		assert.deepEqual(messages, [{ ...sent[0], role: 'system' }, sent[1],
			sent[2], { role: 'user', content: 'roles-2' }]);
	}

	async function partial() {
		const begun = { role: 'assistant', name: 'Kelvin', content: '{"a":',
			reasoning_content: 'so far', partial: true };
		const r = await chat(site, { model: 'kimi-k3', messages: [
			{ role: 'user', content: scene({ answer: '1}' }, 'partial-1') },
			begun] }, { key: platformKey() });
		assert.equal(answerOf(r), '1}');
		const { messages } = await bodyWith(site, 'partial-1');
		assert.deepEqual(messages.at(-1), begun);
		errorOf(await chat(site, { model: 'kimi-k3', messages: [
			{ role: 'user', content: 'partial-2' }, begun],
		response_format: { type: 'json_object' } },
		{ key: platformKey() }), 400);
	}

	async function pieces() {
		await Promise.all(forms.flatMap((form) => cuts.map(async (cut) => {
			const s = await finished(stream(site, say(scene({ ...form,
				...cut }), { model: 'kimi-k3', tools }),
			{ key: platformKey() }));
			assert.deepEqual(told(messageOf(s)), expected(form),
				JSON.stringify({ ...form, ...cut }));
			assert.equal(s.finish, form.tool_calls ? 'tool_calls' : 'stop');
		})));
	}

	async function whole() {
		await Promise.all(forms.flatMap((form) => cuts.map(async (cut) => {
			const r = await ask(scene({ ...form, ...cut }), 'kimi-k3',
				{ tools });
			answerOf(r);
			assert.deepEqual(told(r.json.choices[0].message),
				expected(form), JSON.stringify({ ...form, ...cut }));
		})));
	}

	// The second model of each conversation is another one.
	async function conversation() {
		const turns = (text, more) => Promise.all(models.map(async (model, i) =>
			finished(await stream(site, say(`${text} of ${i}`, { model,
				...more }), { path: `/v1/chat/completions/three-${i}` }))));
		await turns('my dog is Rex');
		await site.restart();
		await Promise.all(models.map(async (model, i) => answerOf(
			await chat(site, say(`my cat is Tom of ${i}`,
				{ model: models[(i + 1) % 3] }),
			{ path: `/v1/chat/completions/three-${i}` }))));
		await site.restart();
		for (const [i, s] of (await turns('recall all')).entries()) {
			assert.match(s.text, new RegExp(`my dog is Rex of ${i} \\| `
				+ `my cat is Tom of ${i} \\| recall all of ${i}`));
			const { messages } = await bodyWith(site, `recall all of ${i}`);
			assert.deepEqual(messages.map((m) => m.role), ['user',
				'assistant', 'user', 'assistant', 'user']);
			// All past reasoning goes back to a model that thinks.
			for (const m of messages.filter((m) => m.role === 'assistant'))
				assert.equal(m.reasoning_content,
					'Thinking about what the user said.');
		}
	}
});

withSite('platform, two regions', 'lighttpd_fastcgi', {}, async (check, site) => {
	const { fake } = site;
	const asked = async (key, route) => (await fake.asked(secretOf(key), route))
		.map((r) => r.service);
	const ask = (key, text = 'hello') => chat(site, say(text,
		{ model: 'kimi-k3' }), { key });

	site.configure({ MOONSHOT_URL: `${fake.url}/v1,${fake.url}/cn/v1` });
	await site.restart();
	await Promise.all([
		check('the host of a second-region key is looked up once',
			second),
		check('... also with a stream, and after a restart', again),
		check('a first-region key is only used there', first),
		check('an unknown key is tried in each region, and then no more',
			nobody),
		check('an error of the right host is not retried at the other',
			right),
		check('a host that is no longer configured is dropped', gone),
	]);

	async function second() {
		const key = platformKey('cn');
		answerOf(await ask(key));
		assert.deepEqual(await asked(key),
			['platform', 'platform_cn', 'platform_cn']);
		assert.deepEqual(await asked(key, 'completion'), ['platform_cn']);
		assert.deepEqual(await notesOf(site, key), [{ name: 'host',
			value: `${fake.url}/cn/v1` }]);
		answerOf(await ask(key));
		answerOf(await ask(key));
		assert.deepEqual((await asked(key)).slice(3),
			['platform_cn', 'platform_cn']);
		assert.equal(await cooldownOf(site, key), undefined);
	}

	async function again() {
		const key = platformKey('cn');
		await finished(stream(site, say('hello', { model: 'kimi-k3' }),
			{ key }));
		const other = await startSite('lighttpd_cgi', { fake, settings: {
			KIMI_DB: site.db,
			MOONSHOT_URL: `${fake.url}/v1,${fake.url}/cn/v1` } });
		try {
			answerOf(await chat(other, say('hello', { model: 'kimi-k3' }),
				{ key }));
		} finally {
			await other.stop();
		}
		assert.deepEqual(await asked(key, 'models'),
			['platform', 'platform_cn']);
		assert.deepEqual(await asked(key, 'completion'),
			['platform_cn', 'platform_cn']);
	}

	async function first() {
		const key = platformKey();
		answerOf(await ask(key));
		answerOf(await ask(key));
		assert.deepEqual(await asked(key, 'completion'),
			['platform', 'platform']);
		assert.deepEqual(await notesOf(site, key), []);
	}

	async function nobody() {
		const key = platformKey('bad');
		for (let n = 0; n < 2; n++) {
			const e = errorOf(await ask(key), 401);
			assert.equal(e.type, 'authentication_error');
			assert.deepEqual(await asked(key), ['platform', 'platform_cn']);
		}
		assert.ok(!await isKnown(site, key));
	}

	async function right() {
		const key = platformKey('cn');
		answerOf(await ask(key));
		await laid(site, 'right-host', { fault: 'insufficient_balance' });
		errorOf(await ask(key, 'right-host'), 429);
		assert.deepEqual((await asked(key, 'completion')).slice(1),
			['platform_cn']);
		assert.equal((await sentWith(site, 'right-host')).length, 1);
	}

	async function gone() {
		const key = platformKey();
		await site.query(`INSERT INTO credential_notes VALUES ('${fingerprint(key)}',
			'host', 'https://gone.example/v1', 0)`);
		answerOf(await ask(key));
		assert.deepEqual(await asked(key, 'completion'), ['platform']);
	}
});
