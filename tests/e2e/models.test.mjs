// SPDX-License-Identifier: MIT
// Which models there are: what the services list, by which names clients can
// ask for them, and what happens with others.

import assert from 'node:assert/strict';
import { inTime, retryIfLate, sleep } from './lib/process.mjs';
import { call, chat, now, say } from './lib/http.mjs';
import { bodyWith, codeKey, fingerprint, laid, platformKey, secretOf, sentWith,
	tool } from './lib/kimi.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

const WEB = 'web:refresh-of-the-test';
const platform = ['kimi-k3.1-pro', 'kimi-k3.1-pro-highspeed', 'kimi-k3',
	'kimi-k2.7-code', 'kimi-k2.7-code-highspeed', 'kimi-k2.6'];
const code = ['kimi-for-coding', 'k3.1-pro', 'k3', 'k3-256k'];
const web = ['k2', 'k1.5'];
const settings = { KIMI_TOKENS: [WEB, platformKey('pool'), codeKey('pool')]
	.join(',') };

withSite('models', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	const { fake } = site;
	const get = (request, path = '/v1/models') => call(site, path, request);
	const list = async (request) => {
		const r = await get(request);
		assert.equal(r.status, 200, r.text);
		assert.equal(r.json.object, 'list');
		assert.equal(r.json.has_more, false);
		return r.json.data;
	};
	const ids = async (key) => (await list({ key })).map((m) => m.id);
	const asked = async (key) => (await fake.asked(secretOf(key), 'models'))
		.length;
	const tells = (key, scene, times = -1) => fake.scenes({ match: {
		token: secretOf(key), route: 'models' }, times, scene });
	const listing = (...data) => ({ status: 200, body: { object: 'list',
		data: data.map((m) => typeof m === 'string' ? { id: m } : m) } });
	// As if a key's list had been fetched that many seconds ago.
	const age = (key, seconds) => site.query(`UPDATE model_lists
		SET listed_at = listed_at - ${seconds * 1000}
		WHERE credential = '${fingerprint(key)}'`);
	// Kimi accepted it, but its list is lost.
	const withoutList = async (key) => {
		await ids(key);
		await site.query(`DELETE FROM model_lists
			WHERE credential = '${fingerprint(key)}'`);
		return key;
	};
	const model = (r) => [r.status, r.json.error?.code];

	await Promise.all([
		check('what the services list is one list', merged),
		check('... of those with a credential only', services),
		check('what a service says of a model overrides what is built in', says),
		check('one model is found by its name, or 404', one),
		check('no API key is fine, but a wrong one is 401', wrongKey),
		check('one body serves OpenAI\'s clients and Anthropic\'s', both),
		check('many requests ask the service once', cached),
		check('... also if they come at once', atOnce),
		check('an old list is fetched again', old),
		check('a list is used for longer while its service is unavailable', believed),
		check('without any list the built-in models are listed', known),
		check('... and with one only what it has', dropped),
		check('lists of several credentials are joined', joined),
		check('what two services have is listed once', twice),
		check('a malformed list does no harm', odd),
		check('an endless list is cut', () => retryIfLate(endless)),
		check('a listed model is served by the service that listed it', listed),
		check('an unlisted kimi model goes to the platform', unlisted),
		check('an unknown model is a 404 with similar names', near),
		check('... but none of other services', nearOnly),
		check('a listed model that Kimi refuses is a 404, too', refused),
	]);
	await check('aliases, by name and by pattern', aliases);
	await check('KIMI_MODELS_TTL says how long a list is used', ttl);

	async function merged() {
		for (const key of ['sk-test', 'sk-other', '']) {
			const data = await list({ key });
			const names = data.map((m) => m.id);
			for (const name of [...web, ...platform, ...code])
				assert.equal(names.filter((n) => n === name).length, 1,
					`${name} for ${key}`);
			assert.ok(!names.includes('kimi-for-coding-highspeed'));
			for (const m of data) {
				assert.equal(m.object, 'model');
				assert.equal(typeof m.owned_by, 'string');
				assert.ok(Number.isInteger(m.created), m.id);
				assert.equal(typeof m.supports_reasoning, 'boolean');
			}
			const k3 = data.find((m) => m.id === 'kimi-k3');
			assert.deepEqual([k3.created, k3.context_length,
				k3.supports_image_in, k3.supports_video_in,
				k3.supports_reasoning], [1783000000, 1048576, true, true,
				true]);
		}
	}

	async function services() {
		assert.deepEqual(await ids(platformKey()), platform);
		assert.deepEqual(await ids(codeKey()), code);
		assert.deepEqual(await ids(codeKey('high')),
			['kimi-for-coding', 'kimi-for-coding-highspeed', 'k3.1-pro', 'k3',
				'k3-256k']);
		const both = await ids(`${codeKey()},${platformKey()}`);
		assert.deepEqual(both.sort(), [...platform, ...code].sort());
		const r = await get({ key: platformKey() }, '/v1/models/k3');
		assert.equal(errorOf(r, 404).code, 'model_not_found');
	}

	async function says() {
		const key = platformKey();
		await tells(key, listing({ id: 'kimi-k3', created: 5,
			context_length: 777, supports_image_in: false,
			supports_video_in: true, supports_reasoning: true },
		{ id: 'plain', supports_reasoning: false }));
		const [k3, plain] = await list({ key });
		assert.deepEqual([k3.created, k3.context_length, k3.supports_image_in,
			k3.supports_reasoning], [5, 777, false, true]);
		assert.equal(plain.supports_reasoning, false);
		const mine = codeKey();
		await tells(mine, listing({ id: 'a', supports_thinking_type: 'only' },
			{ id: 'b', supports_reasoning: true,
				supports_thinking_type: 'no' }));
		assert.deepEqual((await list({ key: mine })).map((m) =>
			m.supports_reasoning), [true, false]);
	}

	async function one() {
		const r = await get({}, '/v1/models/kimi-k2.6');
		assert.equal(r.status, 200);
		assert.equal(r.json.id, 'kimi-k2.6');
		assert.equal(r.json.context_length, 262144);
		const e = errorOf(await get({}, '/v1/models/kimi-k2.7'), 404);
		assert.deepEqual([e.code, e.param], ['model_not_found', 'model']);
	}

	async function wrongKey() {
		const version = { 'anthropic-version': '2023-06-01' };
		for (const path of ['/v1/models', '/v1/models/kimi-k3',
			'/v1/models/no-such-model']) {
			for (const more of [{ key: 'not-a-key' },
				{ key: '', headers: { 'x-api-key': 'sk-kimi-short' } }]) {
				const e = errorOf(await get(more, path), 401);
				assert.equal(e.code, 'invalid_api_key');
				assert.match(e.message, /^Incorrect API key/);
			}
			const r = await get({ key: '', headers: { ...version,
				'x-api-key': 'not-a-key' } }, path);
			assert.equal(r.status, 401);
			assert.equal(r.json.error.type, 'authentication_error');
			for (const headers of [{}, { ...version, 'x-api-key': '' }])
				assert.equal((await get({ key: '', headers }, path)).status,
					path.endsWith('no-such-model') ? 404 : 200);
		}
	}

	// OpenAI's Model and Anthropic's ModelInfo, in the list and alone.
	function assertModel(m) {
		assert.equal(m.object, 'model');
		assert.ok(Number.isInteger(m.created) && m.created > 0, m.id);
		assert.equal(typeof m.owned_by, 'string');
		assert.equal(m.type, 'model');
		assert.equal(typeof m.display_name, 'string');
		assert.notEqual(m.display_name, '');
		assert.match(m.created_at,
			/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		assert.equal(Date.parse(m.created_at), m.created * 1000);
	}

	async function both() {
		const anthropic = { 'anthropic-version': '2023-06-01' };
		const asks = [{}, { headers: anthropic },
			{ key: '', headers: { ...anthropic, 'x-api-key': 'sk-test' } }];
		const bodies = await Promise.all(asks.flatMap((ask) =>
			['/v1/models', '/v1/models?limit=1000', '/v1/models?beta=true']
				.map(async (path) => (await get(ask, path)).json)));
		for (const body of bodies) {
			assert.deepEqual(Object.keys(body).sort(), ['data',
				'first_id', 'has_more', 'last_id', 'object']);
			assert.equal(body.object, 'list');
			assert.equal(body.has_more, false);
			assert.equal(body.first_id, body.data[0].id);
			assert.equal(body.last_id, body.data.at(-1).id);
			body.data.forEach(assertModel);
		}
		const none = await get({ headers: anthropic }, '/v1/models/none');
		assert.equal(none.status, 404);
		assert.equal(none.json.type, 'error');
		assert.equal(none.json.error.type, 'not_found_error');
		for (const listed of bodies[0].data) {
			const path = `/v1/models/${encodeURIComponent(listed.id)}`;
			const r = await get({ headers: anthropic }, path);
			assertModel(r.json);
			assert.deepEqual(r.json, listed);
		}
	}

	async function cached() {
		const key = platformKey();
		for (let i = 0; i < 5; i++) {
			assert.deepEqual(await ids(key), platform);
			await chat(site, say('hello', { model: 'odd-name' }), { key });
		}
		assert.equal(await asked(key), 1);
	}

	async function atOnce() {
		const key = platformKey();
		await tells(key, { ...listing('kimi-k3'), delay_ms: 200 });
		await Promise.all(Array.from({ length: 10 }, async () =>
			assert.deepEqual(await ids(key), ['kimi-k3'])));
		await age(key, 3601);
		const before = await asked(key);
		await Promise.all(Array.from({ length: 10 }, async () =>
			assert.deepEqual(await ids(key), ['kimi-k3'])));
		// A list may be old for those who do not fetch it themselves.
		assert.equal(await asked(key), before + 1);
	}

	async function old() {
		const key = platformKey();
		await tells(key, listing('kimi-k3', 'gone'), 1);
		assert.deepEqual(await ids(key), ['kimi-k3', 'gone']);
		await age(key, 3500);
		assert.deepEqual(await ids(key), ['kimi-k3', 'gone']);
		await age(key, 200);
		assert.deepEqual(await ids(key), platform);
	}

	async function believed() {
		for (const scene of [{ status: 500 }, { status: 401 }, { drop: true },
			{ status: 502 }, { status: 200, body: 'no json' }]) {
			const key = platformKey();
			await tells(key, listing('kimi-k3', 'kimi-next'), 1);
			await tells(key, scene);
			assert.deepEqual(await ids(key), ['kimi-k3', 'kimi-next']);
			await age(key, 4000);
			assert.deepEqual(await ids(key), ['kimi-k3', 'kimi-next']);
			// Left alone for a minute, then fetched again.
			const before = await asked(key);
			assert.ok(before >= 2, JSON.stringify(scene));
			for (let i = 0; i < 3; i++)
				assert.deepEqual(await ids(key), ['kimi-k3', 'kimi-next']);
			assert.equal(await asked(key), before, JSON.stringify(scene));
			await age(key, 61);
			await ids(key);
			assert.ok(await asked(key) > before);
		}
	}

	async function known() {
		const key = await withoutList(platformKey());
		await tells(key, { drop: true });
		assert.deepEqual(await ids(key), platform);
		assert.match(answerOf(await chat(site, say('hello',
			{ model: 'kimi-k2.6' }), { key })), /fake Kimi/);
		const mine = await withoutList(codeKey());
		await tells(mine, { status: 402 });
		assert.ok((await ids(mine)).includes('kimi-for-coding'));
	}

	// The platform may serve what it does not list, so it is asked.
	async function dropped() {
		const key = platformKey();
		await tells(key, listing('kimi-k3', 'kimi-k3.1-pro'));
		assert.deepEqual(await ids(key), ['kimi-k3', 'kimi-k3.1-pro']);
		const gone = await get({ key }, '/v1/models/kimi-k2.6');
		assert.equal(errorOf(gone, 404).code, 'model_not_found');
		await laid(site, 'dropped-model', { fault: 'model_not_found' });
		const ask = () => chat(site, say('dropped-model',
			{ model: 'kimi-k2.6' }), { key });
		const e = errorOf(await ask(), 404);
		assert.match(e.message, /Similar names: kimi-k3, kimi-k3\.1-pro\./);
		assert.match(answerOf(await ask()), /fake Kimi/);
		assert.equal((await sentWith(site, 'dropped-model')).length, 2);
	}

	async function joined() {
		const keys = [platformKey(), platformKey()];
		await tells(keys[0], listing('kimi-k3', 'only-a'));
		await tells(keys[1], listing('only-b', 'kimi-k3'));
		assert.deepEqual(await ids(keys.join(',')),
			['kimi-k3', 'only-a', 'only-b']);
	}

	async function twice() {
		const keys = [platformKey(), codeKey()], key = keys.join();
		await tells(keys[0], listing('same-name', { id: 'k3',
			context_length: 5 }, 'p-only'));
		await tells(keys[1], listing('c-only', { id: 'same-name',
			context_length: 6 }, { id: 'k3', context_length: 7 }));
		const data = await list({ key });
		assert.deepEqual(data.map((m) => m.id),
			['same-name', 'k3', 'p-only', 'c-only']);
		assert.equal(data[1].context_length, 7);
		assert.equal((await get({ key }, '/v1/models/k3')).json
			.context_length, 7);
		const e = errorOf(await chat(site, say('x', { model: 'same-nam' }),
			{ key }), 404);
		assert.match(e.message, /Similar names: same-name, [cp]-only, /);
		for (const [model, service] of [['k3', 'code'],
			['same-name', 'platform']]) {
			await chat(site, say(`twice-${model}`, { model }), { key });
			const [sent] = await sentWith(site, `twice-${model}`);
			assert.equal(sent.service, service);
		}
	}

	async function odd() {
		for (const body of ['{}', '[]', '{"data":7}', '{"data":{"a":1}}',
			'{"data":[7,null,{},{"id":7},{"id":null},{"id":""}]}', '"x"']) {
			const key = await withoutList(platformKey());
			await tells(key, { status: 200, body });
			assert.deepEqual(await ids(key), platform, body);
		}
	}

	async function endless() {
		const key = platformKey();
		await tells(key, listing(...Array.from({ length: 20000 }, (_, i) =>
			`kimi-${i}`), 'x'.repeat(5000)));
		const r = await get({ key });
		assert.ok(r.json.data.length >= 100 && r.text.length < 1e6,
			`${r.json.data.length} models`);
		assert.equal(r.json.data[0].id, 'kimi-0');
		inTime(r.ms < 2000, `${r.ms} ms`);
	}

	async function listed() {
		const key = [platformKey(), codeKey()];
		await tells(key[0], listing('p-next'));
		await tells(key[1], listing({ id: 'c-next', context_length: 5000,
			supports_thinking_type: 'both' }));
		for (const [name, service] of [['p-next', 'platform'],
			['c-next', 'code']]) {
			const word = `listed-${name}`;
			await laid(site, word, { status: 200, body: 'data: {"choices":'
				+ '[{"delta":{"content":"yes"},"finish_reason":"stop"}]}\n\n'
				+ 'data: [DONE]\n\n' });
			const r = await chat(site, say(word, { model: name,
				temperature: 0.5, thinking: { type: 'disabled' },
				tools: [tool('look')], tool_choice: 'required' }),
			{ key: key.join(',') });
			assert.equal(answerOf(r), 'yes');
			const [{ service: by, body }] = await sentWith(site, word);
			assert.equal(by, service);
			assert.equal(body.model, name);
			assert.equal(body.temperature, undefined);
			assert.deepEqual(body.thinking, name === 'c-next'
				? { type: 'disabled' } : undefined);
		}
	}

	async function unlisted() {
		const r = await chat(site, say('unlisted-model',
			{ model: 'kimi-k9-preview', temperature: 0.3 }));
		assert.deepEqual(model(r), [404, 'model_not_found']);
		const body = await bodyWith(site, 'unlisted-model');
		assert.equal(body.model, 'kimi-k9-preview');
		assert.equal(body.temperature, undefined);
		const code = await chat(site, say('unlisted-nowhere',
			{ model: 'kimi-k9-preview' }), { key: codeKey() });
		assert.deepEqual(model(code), [404, 'model_not_found']);
		assert.equal((await sentWith(site, 'unlisted-nowhere')).length, 0);
	}

	async function near() {
		for (const [name, wanted] of [['kimi-k3.1', 'kimi-k3'],
			['k2.5', 'k2'], ['Kimi-K2.6', 'kimi-k2.6'],
			['kimi-for-codin', 'kimi-for-coding']]) {
			const e = errorOf(await chat(site, say('near',
				{ model: name })), 404);
			assert.equal(e.code, 'model_not_found');
			assert.equal(e.param, 'model');
			const [, names] = /Similar names: (.*?)\.(?: GET|\))/.exec(e.message);
			assert.ok(names.split(', ').includes(wanted),
				`${name}: ${names}`);
			assert.ok(!names.split(', ').includes(name));
		}
		const e = errorOf(await chat(site, say('near',
			{ model: 'x'.repeat(5000) })), 404);
		assert.ok(e.message.length < 512);
	}

	async function nearOnly() {
		const e = errorOf(await chat(site, say('near', { model: 'k2' }),
			{ key: codeKey() }), 404);
		assert.match(e.message, /Similar names: k3, /);
		assert.ok(!/k1\.5/.test(e.message), e.message);
	}

	async function refused() {
		const key = platformKey();
		await laid(site, 'refused-model', { fault: 'model_not_found' });
		const e = errorOf(await chat(site, say('refused-model',
			{ model: 'kimi-k2.6' }), { key }), 404);
		assert.equal(e.code, 'model_not_found');
		assert.match(e.message, /Permission denied.*Similar names: kimi-k3/);
		const [{ error }] = await site.query(`SELECT error FROM requests
			WHERE error LIKE '%Permission denied%'`);
		assert.match(error, /'kimi-k[\w.-]+'.*Permission denied/);
		assert.ok(!/GET \/v1\/models/.test(e.message), e.message);
	}

	async function aliases() {
		site.configure({ ...settings, KIMI_MODEL_ALIASES: 'gpt-4o=kimi-k2.6,'
			+ ' gpt-*-search=kimi-k3-search , gpt-*=kimi-k3,claude-[os]*=k3,'
			+ 'o?=kimi-k2.7-code,long*=k3[1m],k2=kimi-k3,spaced-* = k3,nowhere=no-such-model,=x,y,*bad=' });
		await site.restart();
		for (const [name, sent] of [['gpt-4o', 'kimi-k2.6'],
			['gpt-4o-mini', 'kimi-k3'], ['gpt-5', 'kimi-k3'],
			['claude-sonnet-4-5', 'k3'], ['claude-opus/x', 'k3'],
			['o3', 'kimi-k2.7-code'], ['k2', 'kimi-k3'], ['spaced-1', 'k3'],
			['gpt-6-search', 'kimi-k3'], ['claude-sonnet-5[1m]', 'k3'],
			['k3[1m]', 'k3'], ['long', 'k3'],
			['kimi-k3[1m]', 'kimi-k3']]) {
			const word = `alias-${name}.`;
			const r = await chat(site, say(word, { model: name }));
			assert.match(answerOf(r), /fake Kimi/, name);
			const body = await bodyWith(site, word);
			assert.equal(body.model, sent);
			assert.equal(body.tools?.[0].function.name,
				name === 'gpt-6-search' ? '$web_search' : undefined);
		}
		for (const name of ['claude-haiku', 'o33', 'GPT-4o', 'nowhere', 'y',
			'very-bad']) {
			const r = await chat(site, say('hello', { model: name }));
			assert.deepEqual(model(r), [404, 'model_not_found'], name);
		}
	}

	async function ttl() {
		site.configure({ ...settings, KIMI_MODELS_TTL: 1 });
		await site.restart();
		await retryIfLate(async () => {
			const key = platformKey();
			const begun = now();
			await ids(key);
			await ids(key);
			const ms = now() - begun;
			// Later than that, the second may have fetched it again.
			inTime(ms < 1000, `two lists took ${ms} ms`);
			assert.equal(await asked(key), 1);
			await sleep(1100);
			await ids(key);
			assert.equal(await asked(key), 2);
		});
		const poor = await withoutList(platformKey());
		const before = await asked(poor);
		await tells(poor, { status: 500 });
		for (let i = 0; i < 3; i++)
			assert.deepEqual(await ids(poor), platform);
		assert.equal(await asked(poor), before + 1);
	}
});
