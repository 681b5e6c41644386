// SPDX-License-Identifier: MIT
// Kimi Code: who the program says it is there, what each refusal means for
// the credential, and the essentials of every service.

import assert from 'node:assert/strict';
import { call, chat, scene, stream } from './lib/http.mjs';
import { faultFailover, faultStream, faultWhole } from './lib/faults.mjs';
import { askCode, bodyWith, codeKey, countsDown, forgetful, isKnown, laid,
	messageOf, notesOf, cooldownOf, secretOf, sentWith, tool } from './lib/kimi.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const wrong = { status: 400, type: 'invalid_request_error' };
const noModel = { ...wrong, status: 404, code: 'model_not_found',
	cooldown: ['model', 0] };
const refused = { status: 401, type: 'authentication_error',
	code: 'invalid_api_key', cooldown: ['credential', 300] };
const forbidden = (kind, seconds) => ({ status: 403, type: 'permission_error',
	cooldown: [kind, seconds] });
const limited = (after) => ({ status: 429, type: 'rate_limit_error',
	code: 'rate_limit_exceeded', cooldown: ['rate_limit', after], after });
const quota = { status: 429, type: 'insufficient_quota',
	code: 'insufficient_quota', cooldown: ['quota', 3600], after: 3600 };
// Until the window resets that Kimi's words mean, as the fake's usage says.
const until = (seconds) => ({ ...quota, cooldown: ['quota', seconds],
	resets: seconds });
const [HOUR, DAY] = [3600, 86400];
const broken = (tries = 1) => ({ status: 502, type: 'server_error',
	code: 'upstream_error', cooldown: ['upstream', 10], tries });

const rows = Object.entries({
	code_key: { ...refused, says: /API Key appears to be invalid/ },
	invalid_authentication: refused,
	membership: forbidden('forbidden', 300),
	not_an_agent: forbidden('client_refused', 3600),
	access_terminated: forbidden('forbidden', Infinity),
	cycle_limit: until(6 * DAY),
	period_limit: until(2 * HOUR),
	monthly_limit: until(20 * DAY),
	plan_model: { ...forbidden('forbidden', 0), says: /Upgrade to a Moderato/ },
	plan_context: { ...wrong, code: 'context_length_exceeded',
		says: /context length is 262144 tokens/ },
	model_id: { ...noModel, says: /set model id as `k3`/ },
	concurrent_limit: { ...limited(5), tries: 2 },
	hours_limit: until(2 * HOUR),
	weekly_limit: until(6 * DAY),
	month_limit: until(20 * DAY),
	credit_balance: quota,
	engine_overloaded: { status: 503, type: 'server_error',
		code: 'server_is_overloaded', cooldown: ['overloaded', 2], after: 2 },
	too_many_requests: limited(10),
	message_size: { ...wrong, code: 'context_length_exceeded' },
	token_limit: { ...wrong, code: 'context_length_exceeded' },
	reasoning_missing: { ...wrong, code: 'invalid_value' },
	image_url: { ...wrong, code: 'invalid_value' },
	duplicate_function: { ...wrong, code: 'invalid_value' },
	high_risk: { ...wrong, code: 'content_filter' },
	model_not_found: noModel,
	method_not_found: { ...wrong, status: 404, code: 'not_found',
		says: /method not found/ },
	context_canceled: broken(4),
	internal: broken(4),
	unavailable: broken(4),
}).map(([fault, row]) => ({ fault, ...row }));

const settings = { KIMI_TOKENS: `${codeKey('pool')},web:refresh-of-the-test` };

withSite('code', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	const { fake } = site;
	const ask = (text, more, key = codeKey()) => chat(site,
		askCode(text, more), { key });
	const requests = async (key) => fake.asked(secretOf(key), 'completion');
	const device = (r) => r.headers['x-msh-device-id'];
	const windowOf = (used, seconds) => ({ limit: '100', used: String(used),
		resetTime: new Date(Date.now() + seconds * 1000).toISOString() });
	const lay = (key, usage, ...details) => fake.scenes({ match: {
		token: secretOf(key), route: 'usages' }, times: -1, scene: {
		status: 200, body: { usage, limits: details.map((detail) =>
			({ window: { duration: 300, timeUnit: 'TIME_UNIT_MINUTE' },
				detail })) } } });
	await Promise.all([
		check('answers, whole and as a stream', answers),
		check('each model gets what it takes', takes),
		check('a tool loop completes', tools),
		check('images are passed on', images),
		check('a stream in single bytes gives the same reply', pieces),
		check('the program identifies itself', identity),
		check('a credential has one device id across all processes',
			devices),
		check('... even when its first requests arrive at once',
			atOnce),
		check('a key of another service is refused', wrongKey),
		check('a model of a higher plan does not cool a key down',
			higher),
		check('a used-up quota is reported until its window resets',
			reset),
		check('... that is, the last window to reset', resets),
		check('... and a client can query it', usages),
		check('each fault has its status and cooldown', () =>
			Promise.all(rows.map((row) => faultWhole(site, row, askCode,
				codeKey())))),
		check('a stream that has not begun fails with the same status', () =>
			Promise.all(rows.map((row) => faultStream(site, row, askCode,
				codeKey())))),
		check('the next credential is tried when it may succeed', () =>
			Promise.all(rows.map((row) => faultFailover(site, row, askCode,
				[codeKey(), codeKey()])))),
		check('a credential that is disabled for good stays disabled',
			forGood),
	]);
	await check('three turns with restarts in between', conversation);
	await check('the agent allow-list and headers set by the owner',
		agents);
	await check('with two regions the host of a key is looked up once',
		regions);
	await check('text over the limit is a context_length_exceeded error',
		size);

	async function answers() {
		const models = { 'k3.1-pro': '', k3: '', 'k3-256k': '', 'kimi-for-coding': '',
			'kimi-for-coding-highspeed': 'high' };
		for (const [model, word] of Object.entries(models)) {
			const r = await ask('hello', { model }, codeKey(word || 'own'));
			assert.equal(answerOf(r),
				'This is the fake Kimi. You said: hello');
			assert.equal(r.json.model, model);
			assert.match(r.json.choices[0].message.reasoning_content,
				/^Thinking/);
			assert.equal(r.json.usage.source, 'upstream');
			const s = await finished(stream(site, askCode('hello', { model }),
				{ key: codeKey(word || 'own') }));
			assert.equal(s.text, 'This is the fake Kimi. You said: hello');
			assert.match(messageOf(s).reasoning_content, /^Thinking/);
		}
		const pool = await chat(site, askCode('from-the-pool'));
		assert.match(answerOf(pool), /fake Kimi/);
		assert.match((await site.row(pool.headers['x-request-id']))
			.credential, /^code /);
	}

	async function takes() {
		const given = { temperature: 0.3, top_p: 0.4, n: 1, seed: 1,
			presence_penalty: 1, max_tokens: 4e6, stop: 'END', user: 'u',
			prompt_cache_key: 'session' };
		const off = { thinking: { type: 'disabled' } };
		for (const [model, more, sent] of [
			['k3', { reasoning_effort: 'medium' },
				{ reasoning_effort: 'high' }],
			['k3', off, { reasoning_effort: 'low' }],
			['k3.1-pro', { reasoning_effort: 'none' },
				{ reasoning_effort: 'low' }],
			['k3.1-pro', { reasoning_effort: 'ultra' },
				{ reasoning_effort: 'max' }],
			['kimi-for-coding', { reasoning_effort: 'none' }, off],
			['kimi-for-coding', { reasoning_effort: 'medium' },
				{ reasoning_effort: 'high' }],
			['kimi-for-coding-highspeed', { reasoning_effort: 'none' }, {}],
			['kimi-for-coding', {}, {}]]) {
			const word = `takes-${model}-${JSON.stringify(more).length}`;
			answerOf(await ask(word, { model, ...given, ...more },
				codeKey('high')));
			const { messages, stream, stream_options, max_completion_tokens,
				...rest } = await bodyWith(site, word);
			assert.ok(max_completion_tokens > 200000);
			assert.deepEqual(rest, { model, stop: ['END'],
				prompt_cache_key: 'session', safety_identifier: 'u',
				...sent });
		}
	}

	async function tools() {
		const look = [tool('look')];
		for (const model of ['k3', 'kimi-for-coding']) {
			const r = await ask(scene({ reasoning: 'must look', answer: '',
				tool_calls: [{ id: 'look:0', name: 'look',
					arguments: '{"what":"上海"}' }] }), { model, tools: look });
			answerOf(r);
			const { message } = r.json.choices[0];
			const word = `tool-result-${model}`;
			answerOf(await chat(site, { model, tools: look, messages: [
				{ role: 'user', content: 'look' }, message, { role: 'tool',
					tool_call_id: message.tool_calls[0].id, content: word }] },
			{ key: codeKey() }));
			const { messages } = await bodyWith(site, word);
			assert.equal(messages[1].reasoning_content, 'must look');
			assert.equal(messages[1].tool_calls[0].id, 'look:0');
			assert.ok(forgetful(message).tool_calls);
		}
	}

	async function images() {
		const png = `data:image/png;base64,${Buffer.from('\x89PNG\r\n\x1a\n'
			+ 'x'.repeat(100), 'latin1').toString('base64')}`;
		const r = await chat(site, { model: 'k3', messages: [{ role: 'user',
			content: [{ type: 'text', text: 'look' }, { type: 'image_url',
				image_url: { url: png } }] }] }, { key: codeKey() });
		assert.match(answerOf(r), /\[image .* 108 bytes/);
	}

	async function size() {
		const e = errorOf(await ask('x'.repeat(2200000)), 400);
		assert.equal(e.code, 'context_length_exceeded');
		assert.match(e.message, /total message size/);
	}

	async function pieces() {
		const answer = 'Grüße 你好 👍🏽';
		for (const cut_bytes of [1, 5]) {
			const s = await finished(stream(site, askCode(scene({ answer,
				cut_bytes, reasoning: '嗯', tool_calls: [{ id: 'look:0',
					name: 'look', arguments: '{"a":"嗯"}' }] }),
			{ tools: [tool('look')] }), { key: codeKey() }));
			const m = messageOf(s);
			assert.deepEqual([m.content, m.reasoning_content,
				m.tool_calls[0].function.arguments],
			[answer, '嗯', '{"a":"嗯"}']);
		}
	}

	async function identity() {
		const key = codeKey();
		answerOf(await ask('hello', {}, key));
		const [{ headers, user_agent: agent }] = await requests(key);
		assert.match(agent, /^kimi-proxy\/\d/);
		assert.equal(headers['x-msh-platform'], 'kimi-proxy');
		assert.equal(headers['x-msh-version'], agent.split(/[/ ]/)[1]);
		assert.match(headers['x-msh-device-id'], /^[0-9A-Za-z-]{16,}$/);
		assert.ok(!('anthropic-version' in headers));
	}

	async function devices() {
		const [key, other] = [codeKey(), codeKey()];
		answerOf(await ask('hello', {}, key));
		answerOf(await ask('hello', {}, other));
		const cgi = await startSite('lighttpd_cgi', { fake,
			settings: { KIMI_DB: site.db } });
		try {
			answerOf(await chat(cgi, askCode('hello'), { key }));
		} finally {
			await cgi.stop();
		}
		const ids = (await requests(key)).map(device);
		assert.equal(ids.length, 2);
		assert.equal(ids[0], ids[1]);
		assert.deepEqual(await notesOf(site, key),
			[{ name: 'device', value: ids[0] }]);
		assert.notEqual(device((await requests(other))[0]), ids[0]);
	}

	async function atOnce() {
		const key = codeKey();
		(await Promise.all(Array.from({ length: 12 }, () =>
			ask('hello', {}, key)))).forEach(answerOf);
		const ids = (await requests(key)).map(device);
		assert.equal(ids.length, 12);
		assert.equal(new Set(ids).size, 1);
	}

	async function wrongKey() {
		for (const key of ['code:sk-of-the-open-platform-12345678',
			codeKey('bad')])
			assert.equal(errorOf(await ask('hello', {}, key), 401).type,
				'authentication_error');
		const key = 'sk-kimi-abcdefghijklmnopqrstuvwx';
		answerOf(await ask('hello', {}, key));
		assert.equal((await requests(key)).length, 1);
	}

	async function higher() {
		const low = codeKey();
		const model = 'kimi-for-coding-highspeed';
		const e = errorOf(await ask('hello', { model }, low), 403);
		assert.match(e.message, /higher plan/);
		answerOf(await ask('hello', {}, low));
		assert.equal(await cooldownOf(site, low), undefined);
		const both = [low, codeKey('high')].join(',');
		for (let i = 0; i < 4; i++)
			assert.equal((await ask('hello', { model }, both)).json.model,
				model);
	}

	async function reset() {
		for (const fault of ['period_limit', 'cycle_limit',
			'monthly_limit']) {
			const key = codeKey();
			const since = Date.now();
			const near = (got) => countsDown(got, 7000, since);
			await lay(key, windowOf(30, 500000), windowOf(100, 7000));
			const r = await ask(scene({ fault }), {}, key);
			assert.equal(errorOf(r, 429).code, 'insufficient_quota');
			near(r.headers['retry-after']);
			const { kind, seconds } = await cooldownOf(site, key);
			assert.equal(kind, 'quota');
			near(seconds);
			const again = await ask('while-used-up', {}, key);
			assert.equal(errorOf(again, 429).code, 'insufficient_quota');
			near(again.headers['retry-after']);
		}
		assert.equal((await sentWith(site, 'while-used-up')).length, 0);
	}

	async function resets() {
		const key = codeKey();
		const since = Date.now();
		await lay(key, windowOf(100, 500000), windowOf(120, 7000));
		errorOf(await ask(scene({ fault: 'cycle_limit' }), {}, key), 429);
		countsDown((await cooldownOf(site, key)).seconds, 500000, since);
		// A service that fails to tell leaves it at an hour.
		for (const tells of [{ status: 500 }, { status: 200, body: 'odd' },
			{ drop: true }]) {
			const other = codeKey();
			const since = Date.now();
			await fake.scenes({ match: { token: secretOf(other),
				route: 'usages' }, times: -1, scene: tells });
			errorOf(await ask(scene({ fault: 'cycle_limit' }), {}, other),
				429);
			countsDown((await cooldownOf(site, other)).seconds, 3600, since);
		}
	}

	async function usages() {
		const key = codeKey();
		await lay(key, windowOf(30, 500000), { limit: '100', remaining: '1',
			resetTime: 'soon' });
		const r = await call(site, '/v1/usages', { key });
		assert.equal(r.status, 200, r.text);
		assert.equal(r.json.data.length, 1);
		const [{ service, label, windows }] = r.json.data;
		assert.equal(service, 'code');
		assert.ok(!r.text.includes(secretOf(key)), label);
		assert.deepEqual(windows.map((w) => [w.limit, w.used, w.remaining]),
			[[100, 30, 70], [100, 99, 1]]);
	}

	async function forGood() {
		const keys = [codeKey(), codeKey()];
		for (const key of keys)
			errorOf(await ask(scene({ fault: 'access_terminated' }), {}, key),
				403);
		const e = await ask('ended-for-good', {}, keys.join(','));
		assert.equal(errorOf(e, 403).type, 'permission_error');
		assert.equal(e.headers['retry-after'], undefined);
		assert.equal((await sentWith(site, 'ended-for-good')).length, 0);
	}

	async function conversation() {
		const path = (model) => ({ path: `/v1/chat/completions/c-${model}` });
		const models = ['k3', 'kimi-for-coding'];
		const turn = (text) => Promise.all(models.map(async (model) =>
			(await finished(stream(site, askCode(text, { model }),
				path(model)))).text));
		await turn('my dog is Rex');
		await site.restart();
		await turn('my cat is Tom');
		await site.restart();
		for (const text of await turn('recall'))
			assert.match(text, /my dog is Rex \| my cat is Tom \| recall/);
	}

	async function agents() {
		await fake.settings({ code_allow: ['MyAgent/', 'kimi_cli'] });
		// The Anthropic flavour has no list.
		const other = codeKey();
		answerOf(await ask('not-an-agent', {}, other));
		assert.equal((await fake.asked(secretOf(other), 'messages')).length,
			1);
		site.configure({ ...settings, KIMI_CODE_HEADERS: '"User-Agent: '
			+ 'MyAgent/2 (mine) | x-msh-platform: own|X-Msh-Device-Name: box|'
			+ 'X-Msh-Device-Id: 0123456789abcdef|nonsense"' });
		await site.restart();
		const key = codeKey();
		answerOf(await ask('an-agent', {}, key));
		const [{ headers, user_agent: agent }] = await requests(key);
		assert.equal(agent, 'MyAgent/2 (mine)');
		assert.equal(headers['x-msh-platform'], 'own');
		assert.equal(headers['x-msh-device-name'], 'box');
		assert.equal(headers['x-msh-device-id'], '0123456789abcdef');
		assert.ok(headers['x-msh-version']);
		await fake.settings({ code_allow: null });
	}

	async function regions() {
		site.configure({ ...settings, KIMI_CODE_URL:
			`${fake.url}/coding/v1,${fake.url}/codeai/coding/v1` });
		await site.restart();
		const asked = async (key, route = 'completion') =>
			(await fake.asked(secretOf(key), route)).map((r) => r.service);
		const key = codeKey('intl');
		answerOf(await ask('hello', {}, key));
		answerOf(await ask('hello', {}, key));
		assert.deepEqual(await asked(key, 'models'), ['code', 'code_ai']);
		assert.deepEqual(await asked(key), ['code_ai', 'code_ai']);
		await laid(site, 'search-abroad', { answer: '', tool_calls: [{
			id: 'web_search:0', name: 'web_search',
			arguments: { query: 'x' } }] }, 1, { route: 'completion' });
		answerOf(await ask('search-abroad', { web_search_options: {} }, key));
		assert.deepEqual(await asked(key, 'search'), ['code_ai']);
		const windows = await call(site, '/v1/usages', { key });
		assert.ok(windows.json.data[0].windows, windows.text);
		assert.deepEqual(await asked(key, 'usages'), ['code_ai']);
		const bad = codeKey('bad');
		errorOf(await ask('hello', {}, bad), 401);
		assert.deepEqual(await asked(bad, 'models'), ['code', 'code_ai']);
		assert.deepEqual(await asked(bad), []);
		assert.ok(!await isKnown(site, bad));
		assert.match(answerOf(await ask('hello', {}, codeKey())), /fake/);
	}
});
