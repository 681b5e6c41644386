// SPDX-License-Identifier: MIT
// Many requests at once against a budget: as many pass as it has room for.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call, chat, scene, say, stream } from './lib/http.mjs';
import { until } from './lib/process.mjs';
import { requestsOf, setBudgets, startSites, stopSites, usesOf,
	zoneOfNoon } from './lib/limits.mjs';
import { errorOf } from './lib/suite.mjs';

const RESERVED = 10000;
const AT_ONCE = 50;

// A token costs a thousandth of a micro-unit of the currency.
const price = 1000000;

const races = [
	['tokens', { 'day tokens': 100000 }],
	['money', { 'total USD': 100000 * 1000 }],
	['two periods', { 'day tokens': 150000, 'month tokens': 100000 }],
	['money and tokens', { 'month USD': 100000 * 1000,
		'week tokens': 120000 }],
];

describe('budget race', { concurrency: false }, () => {
	let sites;

	before(async () => {
		sites = await startSites({
			DEFAULT_AUTHKEYS: [...races.map(([what]) => what), 'killed']
				.map(keyOf).join(),
			KIMI_TIMEZONE: zoneOfNoon(),
		});
		// A commit that would pass an amount fails.
		await sites[0].query(`
			INSERT INTO prices (service, region, model, currency, since,
			input, output, source) VALUES ('platform', 'global', 'kimi-k3', 'USD',
			unixepoch() * 1000, ${price}, ${price}, 'test');
			CREATE TRIGGER passed AFTER UPDATE ON budget_uses
			WHEN new.used + new.reserved > (SELECT amount FROM budgets b
				WHERE b.key_id = new.key_id AND b.period = new.period
				AND b.unit = new.unit)
			BEGIN SELECT RAISE(ABORT, 'a budget was passed'); END`);
	});
	after(() => stopSites(sites));

	for (const [what, budgets] of races)
		test(`${what}: ten of fifty pass, in three programs`,
			() => race(sites, keyOf(what), budgets));
	test('a killed program gives back what it had reserved', () =>
		recovers(sites));
});

function keyOf(what) {
	return `race-for-${what.replaceAll(' ', '-')}-0123456789`;
}

// A request that reserves exactly so much.
async function request(site, key) {
	const text = scene({ hold: key });
	const { json } = await call(site, '/v1/tokenizers/estimate-token-count',
		{ key, body: say(text, { model: 'kimi-k3' }) });
	return say(text, { model: 'kimi-k3',
		max_tokens: RESERVED - json.data.total_tokens });
}

async function race(sites, key, budgets) {
	const [site] = sites;
	const body = await request(site, key);
	await setBudgets(site, key, budgets);
	const replies = [];
	const all = Array.from({ length: AT_ONCE }, (_, i) =>
		chat(sites[i % sites.length], body, { key })
			.then((r) => replies.push(r)));

	await until('all others were refused', () =>
		replies.length >= AT_ONCE - 10, 60);
	for (const use of await usesOf(site, key))
		assert.equal(use.used + use.reserved, use.unit === 'tokens'
			? 10 * RESERVED : 10 * RESERVED * 1000);
	assert.equal(replies.length, AT_ONCE - 10);
	for (const r of replies)
		refused(r, 'total USD' in budgets);
	await site.fake.open(key);
	await Promise.all(all);
	assert.equal(replies.filter((r) => r.status === 200).length, 10);

	const rows = (await requestsOf(site, key)).filter((r) => r.status === 'done');
	const tokens = rows.reduce((n, r) =>
		n + r.prompt_tokens + r.completion_tokens, 0);
	assert.equal(rows.length, 10);
	for (const use of await usesOf(site, key)) {
		assert.equal(use.reserved, 0);
		if (use.unit === 'tokens')
			assert.equal(use.used, tokens);
		else
			assert.ok(use.used > 0 && use.used <= tokens * 1000);
	}
}

function refused(reply, for_ever) {
	const error = errorOf(reply, 429);
	const wait = Number(reply.headers['retry-after']);

	assert.equal(error.type, 'insufficient_quota');
	assert.equal(error.code, 'insufficient_quota');
	assert.match(error.message, /^You exceeded your current quota: this API key/);
	assert.equal(reply.headers['x-should-retry'], 'false');
	if (for_ever)
		assert.ok(Number.isNaN(wait));
	else
		assert.ok(wait > 0 && wait <= 31 * 86400, reply.text);
}

// What had come of it is booked, once.
async function recovers([site, victim]) {
	const key = keyOf('killed');
	const body = { ...await request(victim, key), messages: [{ role: 'user',
		content: scene({ gate: key, reasoning: '', answer: 'word '.repeat(40) }) }] };

	await setBudgets(site, key, { 'day tokens': 15000 });
	const s = stream(victim, body, { key });
	await s.content(1);
	errorOf(await chat(site, body, { key }), 429);
	await victim.crash();
	await s.done;
	const next = await until('there is room again', async () => {
		const held = stream(site, body, { key });
		await until('a head', () => held.status);
		return held.status === 200 && held;
	});
	const [killed] = (await requestsOf(site, key)).filter((r) =>
		r.status === 'interrupted');
	const counted = killed.prompt_tokens + killed.completion_tokens;
	assert.ok(killed.completion_tokens > 0 && counted < RESERVED);
	await site.fake.open(key, 99);
	await next.done;
	const row = await site.row(next.headers['x-request-id']);
	assert.deepEqual(await usesOf(site, key), [{ period: 'day', unit: 'tokens',
		used: counted + row.prompt_tokens + row.completion_tokens,
		reserved: 0 }]);
}
