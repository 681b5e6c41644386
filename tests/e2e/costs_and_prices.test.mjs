// SPDX-License-Identifier: MIT
// What requests cost: by the price at their start, exactly, each currency by
// itself, and unknown where nobody told a price. What the command prints of
// usage is the sum of the rows.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { startOwner } from './lib/command.mjs';
import { scene } from './lib/http.mjs';
import { put, until } from './lib/process.mjs';

const DONE = 0, USAGE = 2, WRONG = 4;
const usage = (prompt, completion, more = {}) => ({ prompt_tokens: prompt,
	completion_tokens: completion, total_tokens: prompt + completion, ...more });

// As its price row has it, in BigInt: sum first, divide last, half up.
function costOf(row, price) {
	const n = (v) => BigInt(v ?? 0);
	const sum = (n(row.prompt_tokens) - n(row.cached_tokens)
		- n(row.cache_write_tokens)) * n(price.input)
		+ n(row.cached_tokens) * n(price.cached)
		+ (n(row.cache_write_tokens) - n(row.cache_write_1h_tokens))
			* n(price.cache_write)
		+ n(row.cache_write_1h_tokens) * n(price.cache_write_1h)
		+ n(row.completion_tokens) * n(price.output)
		+ n(row.searches) * n(price.per_search) * 1000000n;
	return Number((sum + 500n) / 1000n);
}

test('costs and prices', async (t) => {
	const owner = await startOwner('prices');
	const check = (title, fn) => t.test(title, fn);
	const rows = (sql) => JSON.parse(execFileSync('sqlite3', ['-readonly',
		'-json', owner.db, sql], { encoding: 'utf8' }) || '[]');
	const run = (status, ...argv) => {
		const r = owner.run(argv);
		assert.equal(r.status, status, r.out + r.err);
		return r.out;
	};
	const ask = async (used, model = 'kimi-k3') => {
		const r = await owner.chat(scene({ answer: 'yes', usage: used }),
			{ model });
		assert.equal(r.status, 200, r.text);
	};
	const last = () => rows(`SELECT * FROM requests
		ORDER BY seq DESC LIMIT 1`)[0];

	try {
		await check('without a price a request has no cost', async () => {
			await ask(usage(10, 5));
			const { cost, currency } = last();
			assert.deepEqual([cost, currency], [null, null]);
			const [row] = JSON.parse(run(WRONG, 'price', 'check', '--json'));
			assert.equal(row.model, 'kimi-k3');
			assert.equal(row.requests, 1);
		});
		await check('a price counts from the next request on', async () => {
			run(DONE, 'price', 'set', 'kimi-k3', '--input', '0.95', '--cached',
				'0.16', '--output', '4.0005', '--cache-write', '1',
				'--cache-write-1h', '2', '--per-search', '0.005');
			await ask(usage(11, 7, { cached_tokens: 4 }));
			const row = last();
			assert.equal(row.cost, 7 * 950 + 4 * 160 + 28004);
			assert.equal(row.currency, 'USD');
			run(DONE, 'price', 'check');
		});
		await check('a price that changes splits requests by their start',
			async () => {
				const changes = Date.now() + 3000;
				run(DONE, 'price', 'set', 'kimi-k3', '--output', '8', '--since',
					new Date(changes).toISOString().slice(0, 19) + 'Z');
				const asked = [];
				await until('some requests are behind the change', async () => {
					asked.push(...await Promise.all([1, 2, 3].map((i) =>
						ask(usage(1000 + asked.length, i)))));
					return Date.now() > changes + 500;
				});
				const prices = rows('SELECT * FROM prices');
				const charged = rows(`SELECT * FROM requests
					WHERE cost IS NOT NULL`);
				const used = new Set();
				for (const row of charged) {
					const price = prices.find((p) => p.id === row.price_id);
					const newest = prices.filter((p) => p.model === 'kimi-k3'
						&& p.region === '' && p.since <= row.started_at)
						.sort((a, b) => b.since - a.since)[0];
					assert.equal(price.id, newest.id);
					assert.equal(row.cost, costOf(row, price));
					used.add(price.id);
				}
				assert.equal(used.size, 2);
			});
		await check('currencies are never added', async () => {
			run(DONE, 'price', 'set', 'kimi-k2.6', '--currency', 'CNY',
				'--input', '6.5', '--cached', '1.1', '--output', '27');
			await ask(usage(100, 10), 'kimi-k2.6');
			assert.equal(last().cost, 100 * 6500 + 10 * 27000);
			const lines = owner.json(['usage']).filter((l) => l.requests > 0);
			assert.deepEqual(lines.map((l) => l.currency).sort(),
				['CNY', 'USD']);
			assert.equal(lines.find((l) => l.currency === 'CNY').cost, 0.00092);
			assert.match(run(DONE, 'usage'),
				/Cost: [\d.]+ (USD, [\d.]+ CNY|CNY, [\d.]+ USD)\./);
		});
		await check('every group of usage has the sums of the rows', async () => {
			const [sums] = rows(`SELECT count(*) AS requests,
				sum(prompt_tokens) AS prompt_tokens,
				sum(completion_tokens) AS completion_tokens,
				sum(cached_tokens) AS cached_tokens, sum(cost) AS cost,
				count(CASE WHEN cost IS NULL THEN 1 END) AS unpriced
				FROM requests`);
			for (const by of ['day', 'hour', 'week', 'month', 'key', 'model',
				'credential', 'conversation']) {
				const json = owner.json(['usage', '--by', by]);
				const [head, ...lines] = run(DONE, 'usage', '--by', by, '--csv')
					.trim().split('\n').map((l) => l.split(','));
				assert.equal(lines.length, json.length, by);
				for (const [name, sum] of Object.entries(sums)) {
					const scale = name === 'cost' ? 1e9 : 1;
					const total = (list) => list.reduce((a, v) =>
						a + Math.round(Number(v ?? 0) * scale), 0);
					assert.equal(total(json.map((l) => l[name])), sum, by);
					assert.equal(total(lines.map((l) =>
						l[head.indexOf(name)])), sum, by);
				}
			}
			run(DONE, 'db', 'verify');
		});
		await check('usage of one key or model has no other', () => {
			const of = (...argv) => owner.json(['usage', '--by', 'month',
				...argv]).reduce((n, l) => n + l.requests, 0);
			const [{ n }] = rows(`SELECT count(*) AS n FROM requests
				WHERE model = 'kimi-k2.6'`);
			const [{ id }] = owner.json(['key', 'list']);
			assert.equal(of('--model', 'kimi-k2.6'), n);
			assert.equal(of('--key', id, '--model', 'kimi-k2.6'), n);
			assert.equal(of('--key', id), of());
			assert.equal(owner.run(['usage', '--key', 'nobody']).status, 3);
		});
		await check('every line fits a narrow terminal', () => {
			const { out } = owner.onTerminal(['usage', '--by', 'model'], 40);
			assert.match(out, /^kimi-k2\.6 +▏/m);
			assert.match(out, /^ {2}\d+ tokens, /m);
			for (const line of out.split('\n'))
				assert.ok([...line].length <= 40, line);
		});
		await check('a terminal sees bars, a pipe a table', () => {
			const { out } = owner.onTerminal(['usage', '--since', '3d'], 60);
			assert.match(out, /█/);
			assert.equal(out.match(/^\d{4}-\d\d-\d\d/gm).length, 5);
			assert.match(out, /^Requests without a price: 1 /m);
			assert.doesNotMatch(run(DONE, 'usage'), /█/);
		});
		await check('where another price goes first is said', () => {
			const set = (...argv) => owner.run(['price', 'set', 'kimi-k2.7-code',
				'--input', '1', ...argv]).err;
			assert.match(set(), /not count where .* its own \(cn, global\)/);
			assert.doesNotMatch(set('--region', 'global'), /not count/);
			assert.doesNotMatch(set('--service', 'web'), /not count/);
		});
		await check('what would be rounded is refused', () => {
			run(USAGE, 'price', 'set', 'kimi-k3', '--input', '0.0000001');
			run(USAGE, 'price', 'set', 'kimi-k3', '--input', '-1');
			run(USAGE, 'price', 'set', 'kimi-k3');
		});
		await check('lists of others are taken as they are', async () => {
			const file = put(owner.dir, 'prices.json', JSON.stringify({
				'moonshot/kimi-k9': {}, 'moonshot/kimi-k2.5': {} })
				.replace('"moonshot/kimi-k9":{}', '"moonshot/kimi-k9":'
					+ '{"input_cost_per_token":9.5e-07,'
					+ '"output_cost_per_token":1.1e-06}'), 0o644);
			run(DONE, 'price', 'import', file);
			const k9 = owner.json(['price', 'list']).find((p) =>
				p.model === 'kimi-k9');
			assert.deepEqual([k9.region, k9.currency, k9.input, k9.output],
				['global', 'USD', 0.95, 1.1]);
		});
		await check('what is no list of prices is refused', () => {
			for (const [file, why] of [['/dev/zero', /too large/],
				[owner.dir, /cannot be read: Is a directory/],
				['/none', /cannot be read: No such file/],
				[put(owner.dir, 'other.json', '{}', 0o644),
					/no prices of Moonshot in it/]]) {
				const r = owner.run(['price', 'import', file]);
				assert.equal(r.status, USAGE);
				assert.match(r.err, why);
			}
		});
	} finally {
		await owner.stop();
	}
});
