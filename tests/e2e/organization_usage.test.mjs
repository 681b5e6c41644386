// SPDX-License-Identifier: MIT
// OpenAI's usage and costs of an organization, read by the official openai
// package with an admin key: however 90 days are cut into buckets, pages and
// groups, they add up to what the rows, the views and the command say, and still
// do when all texts and an API key have been deleted.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { OpenAI } from './lib/openai.mjs';
import { programOf } from './lib/command.mjs';
import { root, runAs } from './lib/process.mjs';
import { call, chat, say, scene } from './lib/http.mjs';
import { answerOf, withSite } from './lib/suite.mjs';

const run = promisify(execFile);
const DAY = 86400, DAYS = 90, ROWS = 8000;
const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
// Up to tomorrow, in case that midnight comes.
const end_time = today + 2 * DAY, start_time = end_time - DAYS * DAY;
const most = { '1d': 31, '1h': 168, '1m': 1440 };

// Every set of some names.
const subsets = (names) => names.reduce((all, name) =>
	[...all, ...all.map((set) => [...set, name])], [[]]);

const groups = ['project_id', 'user_id', 'api_key_id', 'model', 'batch',
	'service_tier'];
const main = ['api_key_id', 'model'];
const numbers = ['input_tokens', 'output_tokens', 'num_model_requests',
	'input_cached_tokens', 'input_cache_write_tokens', 'input_uncached_tokens'];

withSite('organization usage', 'lighttpd_fastcgi', { settings: {
	KIMI_TIMEZONE: 'UTC', KIMI_KEEP_DAYS: '1' } }, async (check, site) => {
	await seed();
	const command = async (...words) => (await run(
		programOf(site), [...words, '--config',
			path.join(site.kimi, 'kimi.conf')],
		{ cwd: '/', ...runAs, maxBuffer: 1 << 26, env: {
			PATH: process.env.PATH, LC_ALL: 'C.UTF-8' } })).stdout.trim();
	const admin = await command('key', 'add', 'owner', '--admin', 'yes');
	const team = await command('key', 'add', 'team');
	const client = (adminAPIKey) => new OpenAI({ adminAPIKey, apiKey: null,
		baseURL: `http://127.0.0.1:${site.port}/v1`, maxRetries: 0 });
	const { organization } = client(admin).admin;
	const { usage } = organization;

	// A request whose prompt was cached in part, and one that searched, in two
	// currencies; we refuse the last one, which uses nothing.
	const [model, other] = ['kimi-k3', 'kimi-k2.6'];
	const costs = ['--input=0.95', '--cached=0.16', '--cache-write=1.1',
		'--output=4.0005', '--per-search=0.005'];
	await command('price', 'set', model, ...costs);
	await command('price', 'set', other, '--currency=CNY', ...costs);
	answerOf(await chat(site, say(scene({ answer: 'yes', usage: {
		prompt_tokens: 100, completion_tokens: 10, total_tokens: 110,
		prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 30 },
	} }), { model }), { key: team }));
	answerOf(await chat(site, say(scene({ answer: 'yes', search: [
		{ url: 'https://one.example/', title: 'One', site_name: 'one' }] }),
	{ model: other, web_search_options: {} }), { key: team }));
	await chat(site, { model, messages: [] }, { key: team });
	const truth = await read();

	await check('there is something of everything', () => {
		for (const [name, n] of Object.entries(truth.sums))
			assert.ok(n > 0, name);
		assert.deepEqual(Object.keys(truth.costs).sort(), ['cny', 'usd']);
		assert.equal(truth.byKey.size, 21);
	});
	await check('all widths and groups add up to the rows',
		() => agrees(groups));
	await check('lists can be spelled in three ways', spellings);
	await check('filters have the parts of the whole', filters);
	await check('the command and the views say the same', elsewhere);
	await check('the lists name every id', lists);
	await check('other keys, and what makes no sense, are refused', refusals);

	await check('nothing is missing when all texts are deleted', async () => {
		const [{ n }] = await site.query('SELECT count(*) AS n FROM messages');
		assert.ok(n > ROWS / 2);
		await command('db', 'prune', '--yes');
		assert.deepEqual(await site.query(`SELECT id FROM messages
			WHERE created_at < (unixepoch() - ${DAY}) * 1000`), []);
		await agrees(main);
	});
	await check('... nor when an API key is deleted with its data', async () => {
		await command('key', 'delete', 'team', '--with-data', '--yes');
		assert.deepEqual(await site.query(`SELECT m.id FROM messages m
			JOIN requests ON seq = request_seq JOIN keys k ON k.id = key_id
			WHERE k.name = 'team'`), []);
		await agrees(main);
		await elsewhere();
		await lists();
	});

	// Half a year of requests, each with a reply; then their sums.
	async function seed() {
		const sqlOf = (file) => fs.readFileSync(path.join(root, file), 'utf8');
		const [, view] = /^-- view: request_usage\n([^;]*;)/m
			.exec(sqlOf('sql/queries.sql'));
		const rows = sqlOf('tests/bench/ledger_rows.sql')
			.replace(/^PRAGMA.*$/gm, '');
		const shell = spawn('sqlite3', ['-bail', '-cmd', '.timeout 10000',
			'-cmd', `.param set :rows ${ROWS}`, site.db],
		{ ...runAs, stdio: ['pipe', 'ignore', 'inherit'] });
		shell.stdin.end(`CREATE TEMP VIEW request_usage AS ${view}
			BEGIN IMMEDIATE;
			${rows}
			INSERT INTO messages (request_seq, reply, role, content, created_at)
			SELECT seq, 1, 'assistant', 'an old reply', started_at
			FROM requests WHERE status = 'done';
			COMMIT;`);
		assert.deepEqual(await once(shell, 'close'), [0, null]);
	}

	// What the rows say.
	async function read() {
		const columns = `sum(prompt_tokens) AS input_tokens,
			sum(completion_tokens) AS output_tokens,
			count(*) AS num_model_requests,
			sum(cached_tokens) AS input_cached_tokens,
			sum(cache_write_tokens) AS input_cache_write_tokens,
			sum(prompt_tokens - cached_tokens - cache_write_tokens)
			AS input_uncached_tokens`;
		const asked = `FROM requests r JOIN keys k ON k.id = key_id
			WHERE status <> 'refused' AND started_at >= ${start_time}000`;
		const by = async (name) => new Map((await site.query(`SELECT ${name}
			AS name, ${columns} ${asked} GROUP BY 1`)).map(({ name, ...sums }) =>
			[name, sums]));
		const [sums] = await site.query(`SELECT ${columns} ${asked}`);
		const costs = await site.query(`SELECT lower(currency) AS currency,
			sum(cost) AS cost ${asked} AND cost IS NOT NULL GROUP BY 1`);
		const [{ searches }] = await site.query(
			`SELECT sum(searches) AS searches ${asked}`);
		return { sums: { ...sums, searches }, byKey: await by('public_id'),
			byModel: await by('model'),
			costs: Object.fromEntries(costs.map((c) => [c.currency, c.cost])) };
	}

	// All buckets of all pages, which follow each other without a gap.
	async function pages(method, query) {
		const width = query.bucket_width || '1d';
		const all = [];
		let page, n = 0;
		do {
			const r = await method({ start_time, end_time, ...query, page });
			assert.equal(r.object, 'page');
			assert.equal(r.has_more, r.next_page !== null);
			assert.ok(r.data.length <= (query.limit || most[width]));
			all.push(...r.data);
			page = r.next_page;
			n++;
		} while (page);
		const step = { '1d': DAY, '1h': 3600, '1m': 60 }[width];
		assert.equal(all.length, DAYS * DAY / step);
		all.forEach((b, i) => assert.deepEqual([b.object, b.start_time,
			b.end_time], ['bucket', start_time + i * step,
			start_time + (i + 1) * step]));
		return all.flatMap((b) => b.results);
	}

	function add(results, names) {
		const sums = Object.fromEntries(names.map((name) => [name, 0]));
		for (const r of results)
			for (const name of names)
				sums[name] += r[name];
		return sums;
	}

	function addBy(results, group) {
		const names = new Set(results.map((r) => r[group]));
		return new Map([...names].map((name) => [name,
			add(results.filter((r) => r[group] === name), numbers)]));
	}

	// Minutes are many pages.
	async function agrees(some) {
		const { searches, ...sums } = truth.sums;
		for (const bucket_width of ['1d', '1h', '1m'])
			for (const group_by of subsets(bucket_width === '1m'
				? main : some)) {
				const results = await pages((q) => usage.completions(q),
					{ bucket_width, group_by, limit: most[bucket_width] });
				assert.deepEqual(add(results, numbers), sums);
				if (group_by.includes('api_key_id'))
					assert.deepEqual(addBy(results, 'api_key_id'),
						truth.byKey);
				if (group_by.includes('model'))
					assert.deepEqual(addBy(results, 'model'), truth.byModel);
				for (const r of results)
					for (const name of groups)
						if (!group_by.includes(name))
							assert.equal(r[name], null);
			}
		for (const bucket_width of ['1d', '1h', '1m'])
			assert.deepEqual(add(await pages((q) => usage.webSearchCalls(q),
				{ bucket_width, limit: most[bucket_width] }),
			['num_requests', 'num_model_requests']), { num_requests: searches,
				num_model_requests: sums.num_model_requests });
		for (const group_by of subsets(['project_id', 'line_item',
			'api_key_id'])) {
			const costs = {};
			for (const r of await pages((q) => usage.costs(q), { group_by })) {
				const { value, currency } = r.amount;
				costs[currency] = (costs[currency] ?? 0)
					+ Math.round(value * 1e9);
				assert.ok(Math.abs(value * 1e9 - Math.round(value * 1e9))
					< 1e-3);
			}
			assert.deepEqual(costs, truth.costs);
		}
	}

	async function spellings() {
		const query = `/v1/organization/usage/completions?limit=31&start_time=${
			start_time}`;
		const [first, ...others] = await Promise.all([
			'group_by[]=model&group_by[]=api_key_id',
			'group_by=model&group_by=api_key_id', 'group_by=model,api_key_id',
		].map(async (list) => (await call(site, `${query}&${list}`,
			{ key: admin })).json));
		assert.ok(first.data.some((b) => b.results.length > 20));
		for (const other of others)
			assert.deepEqual(other.data, first.data);
	}

	async function filters() {
		for (const [key, sums] of truth.byKey)
			assert.deepEqual(add(await pages((q) => usage.completions(q),
				{ api_key_ids: [key], limit: 31 }), numbers), sums);
		const names = [...truth.byModel.keys()];
		assert.deepEqual(addBy(await pages((q) => usage.completions(q),
			{ models: names.slice(0, 2), group_by: ['model'], limit: 31,
				project_ids: ['default'], batch: false }), 'model'),
		new Map([...truth.byModel].slice(0, 2)));
	}

	async function elsewhere() {
		const day = new Date(start_time * 1000).toISOString().slice(0, 10);
		for (const by of ['day', 'key', 'model']) {
			const lines = JSON.parse(await command('usage', '--json', '--by',
				by, '--since', day));
			const sum = (of) => lines.reduce((all, l) => all + of(l), 0);
			assert.deepEqual([sum((l) => l.prompt_tokens),
				sum((l) => l.completion_tokens), sum((l) => l.cached_tokens),
				sum((l) => l.cache_write_tokens), sum((l) => l.searches),
				sum((l) => l.requests - l.refusals)],
			[truth.sums.input_tokens, truth.sums.output_tokens,
				truth.sums.input_cached_tokens,
				truth.sums.input_cache_write_tokens, truth.sums.searches,
				truth.sums.num_model_requests]);
			for (const [currency, cost] of Object.entries(truth.costs))
				assert.equal(lines.filter((l) =>
					l.currency?.toLowerCase() === currency)
					.reduce((all, l) => all + Math.round(l.cost * 1e9), 0),
				cost);
		}
		const [view] = await site.query(`SELECT sum(requests - refusals)
			AS num_model_requests, sum(prompt_tokens) AS input_tokens,
			sum(completion_tokens) AS output_tokens, sum(searches) AS searches
			FROM usage_by_day WHERE began_at >= ${start_time}000`);
		for (const [name, n] of Object.entries(view))
			assert.equal(n, truth.sums[name], name);
	}

	async function lists() {
		const named = new Map();
		for await (const key of organization.projects.apiKeys.list('default',
			{ limit: 5 }))
			named.set(key.id, key.name);
		for (const id of truth.byKey.keys())
			assert.match(named.get(id), /^team/);
		const admins = [];
		for await (const key of organization.adminAPIKeys.list())
			admins.push(key.name);
		assert.deepEqual(admins, ['owner']);
		const projects = [];
		for await (const project of organization.projects.list())
			projects.push(project.id);
		assert.deepEqual(projects, ['default']);
		const [id] = truth.byKey.keys();
		const key = await organization.projects.apiKeys.retrieve(id,
			{ project_id: 'default' });
		assert.equal(key.name, named.get(id));
	}

	async function refusals() {
		const refused = async (key, query, status, code, param) => {
			const e = await client(key).admin.organization.usage
				.completions(query).catch((e) => e);
			assert.deepEqual([e.status, e.code, e.param],
				[status, code, param]);
		};
		const { status } = await call(site, `/v1/organization/costs?start_time=${
			start_time}`, { key: '' });
		assert.equal(status, 401);
		await refused('sk-nobody', { start_time }, 401, 'invalid_api_key', null);
		await refused(team, { start_time }, 403, 'insufficient_permissions',
			null);
		await refused(admin, {}, 400, 'missing_required_parameter',
			'start_time');
		await refused(admin, { start_time, bucket_width: '1w' }, 400,
			'invalid_value', 'bucket_width');
		await refused(admin, { start_time, limit: 32 }, 400, 'invalid_value',
			'limit');
		await refused(admin, { start_time: 'today' }, 400, 'invalid_value',
			'start_time');
		await refused(admin, { start_time, group_by: ['line_item'] }, 400,
			'invalid_value', 'group_by');
	}
});
