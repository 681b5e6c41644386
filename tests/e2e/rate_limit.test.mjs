// SPDX-License-Identifier: MIT
// Requests and tokens per minute, and what the headers say of them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stream, call, chat, now, scene, say, stream } from './lib/http.mjs';
import { platformKey } from './lib/kimi.mjs';
import { requestsOf, setBudgets, setKey, startSites, stopSites } from './lib/limits.mjs';
import { OpenAI } from './lib/openai.mjs';
import { answerOf, errorOf } from './lib/suite.mjs';

const keys = ['many', 'large', 'told', 'told-anthropic', 'at-once', 'tokens',
	'budget', 'reserves']
	.map((word) => `limited-${word}-0123456789`);
const [many, large, told, toldAnthropic, atOnce, tokens, budget,
	reserves] = keys;

describe('rate limits', { concurrency: false }, () => {
	let sites, site;

	before(async () => {
		sites = await startSites({ DEFAULT_AUTHKEYS: keys.join(),
			KIMI_STRANGER_REQUESTS: '3', KIMI_STRANGER_TOKENS: '50000' });
		[site] = sites;
	});
	after(() => stopSites(sites));

	test('600 a minute: no more than that, in three programs', () =>
		floods(sites));
	test('a request larger than the limit is refused for good', () =>
		tooLarge(site));
	test('replies, streams and refusals tell what is left', () =>
		headers(site));
	test('... in Anthropic\'s words', () => anthropicHeaders(site));
	test('requests at once are limited', () => concurrent(site));
	test('tokens that were reserved and not used come back', () =>
		refunded(site));
	test('a request reserves its prompt and all output that it allows', () =>
		reserved(site));
	test('OpenAI\'s client does not try again what a budget refuses', () =>
		once(site));
	test('strangers have limits of their own, however they list credentials',
		() => strangers(sites));
});

const ask = (site, key, more) => chat(site, say('hello',
	{ model: 'kimi-k3', max_tokens: 100, ...more }), { key });

async function floods(sites) {
	await setKey(sites[0], many, { requests_per_minute: 600 });
	const begin = now();
	let passed = 0, refused = 0;
	const workers = Array.from({ length: 50 }, async (_, i) => {
		// The CGI program is the slowest: few of them ask it.
		const site = sites[i < 4 ? 2 : i % 2];
		for (let n = 0; n < (i < 4 ? 4 : 16); n++) {
			const reply = await ask(site, many);
			if (reply.status === 200) {
				passed++;
				continue;
			}
			const error = errorOf(reply, 429);
			assert.equal(error.type, 'requests');
			assert.equal(error.code, 'rate_limit_exceeded');
			assert.match(error.message, /Limit 600, .*Please try again in \d+\.\d{3}s\.$/);
			assert.equal(reply.headers['x-ratelimit-remaining-requests'], '0');
			assert.ok(reply.headers['retry-after'] >= 1);
			refused++;
		}
	});
	await Promise.all(workers);
	const allowed = 600 + Math.ceil((now() - begin) / 100) + 1;
	assert.ok(passed >= Math.min(600, passed + refused) && passed <= allowed,
		`${passed} passed, ${refused} did not, ${allowed} may`);
}

async function tooLarge(site) {
	await setKey(site, large, { tokens_per_minute: 1000 });
	const reply = await ask(site, large, { max_tokens: 1000 });
	const error = errorOf(reply, 429);

	assert.equal(error.type, 'tokens');
	assert.equal(error.code, 'rate_limit_exceeded');
	assert.match(error.message, /^Request too large for kimi-k3 .*Limit 1000, Requested 1\d\d\d\./);
	assert.doesNotMatch(error.message, /try again/i);
	assert.equal(reply.headers['retry-after'], undefined);
	assert.equal(reply.headers['x-should-retry'], 'false');
	const row = await site.row(reply.headers['x-request-id']);
	assert.equal(row.status, 'refused');
	assert.equal(row.http_status, 429);
	assert.equal(row.error_kind, 'token_limit');
	answerOf(await ask(site, large));
}

async function headers(site) {
	await setKey(site, told, { requests_per_minute: 3, tokens_per_minute: 9000 });
	const whole = await ask(site, told);
	const streamed = stream(site, say('hello', { model: 'kimi-k3',
		max_tokens: 100 }), { key: told });
	await streamed.done;
	assert.equal(whole.status, 200, whole.text);
	for (const [i, { headers: h }] of [whole, streamed].entries()) {
		assert.equal(h['x-ratelimit-limit-requests'], '3');
		assert.equal(h['x-ratelimit-limit-tokens'], '9000');
		assert.ok(h['x-ratelimit-remaining-requests'] >= 2 - i);
		assert.ok(h['x-ratelimit-remaining-tokens'] < 9000);
		assert.match(h['x-ratelimit-reset-requests'], /^(\d+\.\d{3}|\d+)s$/);
		assert.match(h['x-ratelimit-reset-tokens'], /^\d+(\.\d{3})?m?s$/);
		// Scripts of web pages may read them.
		const exposed = h['access-control-expose-headers'].split(', ');
		for (const name of Object.keys(h).filter((n) => /ratelimit/.test(n)))
			assert.ok(exposed.includes(name), name);
		assert.ok(exposed.includes('retry-after'));
	}
	// Answers that take nothing of them tell it, too.
	for (const other of [await call(site, '/v1/models', { key: told }),
		await ask(site, told, { temperature: 'hot' }),
		await call(site, '/v1/files/none', { key: told })]) {
		assert.equal(other.headers['x-ratelimit-limit-requests'], '3');
		assert.ok(other.headers['x-ratelimit-remaining-requests'] >= 1);
	}
	const last = await ask(site, told, { max_tokens: 9000 });
	assert.equal(errorOf(last, 429).type, 'tokens');
	assert.equal(last.headers['x-ratelimit-limit-tokens'], '9000');
}

const message = (site, max_tokens) => call(site, '/v1/messages', {
	key: toldAnthropic, body: { model: 'kimi-k3', max_tokens,
		messages: [{ role: 'user', content: 'hello' }] } });

async function anthropicHeaders(site) {
	await setKey(site, toldAnthropic, { requests_per_minute: 1,
		tokens_per_minute: 5000 });
	const first = await message(site, 100);
	assert.equal(first.status, 200, first.text);
	const at = Date.parse(first.headers['anthropic-ratelimit-requests-reset']);
	assert.equal(first.headers['anthropic-ratelimit-requests-limit'], '1');
	assert.equal(first.headers['anthropic-ratelimit-requests-remaining'], '0');
	assert.ok(at > Date.now() && at <= Date.now() + 61000);
	assert.ok(first.headers['anthropic-ratelimit-tokens-remaining'] < 5000);

	const second = await message(site, 100);
	assert.equal(second.status, 429, second.text);
	assert.equal(second.json.error.type, 'rate_limit_error');
	assert.ok(second.headers['retry-after'] >= 1);
	const large = await message(site, 6000);
	assert.equal(large.status, 400, large.text);
	assert.equal(large.json.error.type, 'invalid_request_error');
}

async function concurrent(site) {
	await setKey(site, atOnce, { max_concurrent: 2, requests_per_minute: 99 });
	const held = () => new Stream(site, '/v1/chat/completions', { key: atOnce,
		body: { ...say(scene({ gate: 'at-once', reasoning: '' }), { model: 'kimi-k3' }),
			stream: true } });
	const running = [held(), held()];
	for (const s of running)
		await s.content(1);
	const third = await ask(site, atOnce);
	const error = errorOf(third, 429);
	assert.equal(error.type, 'requests');
	assert.match(error.message, /on concurrent requests: Limit 2, Used 2/);
	assert.equal(third.headers['retry-after'], '1');
	assert.equal(third.headers['x-ratelimit-limit-requests'], '99');
	assert.ok(third.headers['x-ratelimit-remaining-requests'] >= 97);
	await site.fake.open('at-once', 99);
	await Promise.all(running.map((s) => s.done));
	answerOf(await ask(site, atOnce));
}

async function refunded(site) {
	await setKey(site, tokens, { tokens_per_minute: 100000 });
	for (let i = 0; i < 4; i++)
		answerOf(await ask(site, tokens, { max_tokens: 90000 }));
	const reply = await ask(site, tokens, { max_tokens: 10 });
	const used = (await requestsOf(site, tokens)).reduce((n, r) =>
		n + r.prompt_tokens + r.completion_tokens, 0);
	assert.ok(Number(reply.headers['x-ratelimit-remaining-tokens'])
		>= 100000 - used - 1000);
}

async function reserved(site) {
	const body = say('hello', { model: 'kimi-k3' });
	const talk = { 'x-conversation-id': 'reserved' };
	const needs = async (more, headers) => Number(/ up to (\d+) tokens\./.exec(
		errorOf(await chat(site, { ...body, ...more },
			{ key: reserves, headers }), 429).message)[1]);
	answerOf(await chat(site, body, { key: reserves, headers: talk }));
	await setBudgets(site, reserves, { 'total tokens': 10 });
	const { json } = await call(site, '/v1/tokenizers/estimate-token-count',
		{ key: reserves, body });
	const prompt = json.data.total_tokens;

	assert.equal(await needs({ max_tokens: 100 }), prompt + 100);
	assert.equal(await needs({ max_tokens: 100, n: 3 }), 3 * (prompt + 100));
	assert.equal(await needs({}), prompt + 8192);
	await setKey(site, reserves, { reserve_output: 50 });
	assert.equal(await needs({}), prompt + 50);
	assert.equal(await needs({ max_tokens: 100 }), prompt + 100);
	// What it refuses has taken nothing of other limits.
	await setKey(site, reserves, { requests_per_minute: 5,
		tokens_per_minute: 90000 });
	const { headers } = await ask(site, reserves);
	assert.equal(headers['x-ratelimit-remaining-requests'], '5');
	assert.equal(headers['x-ratelimit-remaining-tokens'], '90000');
	// Of a conversation also what was said before.
	assert.ok(await needs({}, talk) >= 2 * prompt + 50);
}

async function strangers([site, other]) {
	const [mine, second, another] = ['mine', 'second', 'another']
		.map(platformKey);
	const told = await ask(site, mine);
	answerOf(told);
	assert.equal(told.headers['x-ratelimit-limit-requests'], '3');
	answerOf(await ask(other, [mine, second].join()));
	answerOf(await ask(site, `${mine},`));
	const fourth = errorOf(await ask(other, [mine, another].join()), 429);
	assert.equal(fourth.type, 'requests');
	answerOf(await ask(site, another));
	const large = await ask(site, another, { max_tokens: 50000 });
	assert.equal(errorOf(large, 429).code, 'insufficient_quota');
	assert.match(large.json.error.message, /50000 tokens a day/);
}

async function once(site) {
	await setBudgets(site, budget, { 'total tokens': 10 });
	const client = new OpenAI({ apiKey: budget, maxRetries: 2,
		baseURL: `http://127.0.0.1:${site.port}/v1` });
	await assert.rejects(client.chat.completions.create(say('hello',
		{ model: 'kimi-k3' })), { status: 429, code: 'insufficient_quota' });
	assert.equal((await requestsOf(site, budget)).length, 1);
}
