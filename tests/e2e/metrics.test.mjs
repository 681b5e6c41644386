// SPDX-License-Identifier: MIT
// GET /metrics: what Prometheus reads is what there is in the database, to the
// owner alone, and no counter ever falls.

import assert from 'node:assert/strict';
import { commandOf } from './lib/command.mjs';
import { assertNothingFell, readExposition, sumOf } from './lib/exposition.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { platformKey } from './lib/kimi.mjs';
import { kill, until } from './lib/process.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const NAME = 'Ana "the \\ key", 月之暗面';
const k3 = { model: 'kimi-k3', max_tokens: 100 };
const used = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15,
	prompt_tokens_details: { cached_tokens: 5 } };
const TOKENS = 'gen_ai_client_inference_usage_';
const DURATION = 'gen_ai_client_inference_duration_seconds';
const OLD = 200 * 24 * 60 * 60 * 1000; // ms
const FIRST = 'gen_ai_client_inference_time_to_first_chunk_seconds';
const settings = { KIMI_KEEP_DAYS: '30' };

for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`metrics (${mount})`, mount, { settings }, async (check, site) => {
		const command = (...argv) => commandOf(site, ...argv);
		const get = (key, headers = {}, path = '/metrics') => call(site, path,
			{ key, headers });
		const read = async () => {
			const r = await get(admin);
			assert.equal(r.status, 200, r.text);
			return readExposition(r.text);
		};
		const ask = (key, more = {}) => chat(site, say(scene({ answer: 'yes',
			usage: used }), { ...k3, ...more }), { key });

		await site.query('DELETE FROM prices');
		command('price', 'set', 'kimi-k3', '--input', '1', '--cached', '0.4',
			'--output', '0.2');
		const admin = command('key', 'add', 'watch', '--admin', 'yes');
		const ana = command('key', 'add', NAME, '--budget', '1USD/day',
			'--budget', '1000000tokens/total');
		const bob = command('key', 'add', 'bob');

		await check('an empty database has metrics, too', async () => {
			const families = await read();
			assert.equal(sumOf(families, 'kimi_proxy_requests_total'), 0);
			assert.equal(sumOf(families, 'kimi_proxy_requests_running'), 0);
			assert.equal(sumOf(families, 'kimi_proxy_api_keys',
				{ state: 'usable' }), 3);
		});
		for (const key of [ana, ana, bob])
			answerOf(await ask(key));
		answerOf(await ask(platformKey()));
		answerOf(await ask(bob, { model: 'kimi-k2.6' }));
		assert.equal((await chat(site, say(scene({ fault: 'server_error' }), k3),
			{ key: bob })).status >= 500, true);
		errorOf(await ask(bob, { temperature: 'warm' }), 400);
		errorOf(await ask('kp-wrong'), 401);

		await check('they are for an admin key alone', async () => {
			for (const key of ['', 'kp-wrong', 'sk-wrong'])
				errorOf(await get(key), 401);
			for (const key of [ana, 'sk-test', platformKey()])
				assert.equal(errorOf(await get(key), 403).code,
					'insufficient_permissions');
			errorOf(await call(site, '/metrics', { key: admin, body: {} }), 405);
			command('key', 'set', 'bob', '--admin', 'yes');
			assert.equal((await get(bob)).status, 200);
			command('key', 'set', 'bob', '--admin', 'no');
			assert.equal((await get(bob)).status, 403);
		});
		await check('every mount has them', async () => {
			for (const path of ['/metrics', '/kimi/metrics', '/v1/metrics'])
				readExposition((await get(admin, {}, path)).text);
			const r = await call(site, '/metrics', { key: admin,
				method: 'HEAD' });
			assert.deepEqual([r.status, r.text], [200, '']);
		});
		await check('the content type is what a scraper takes', async () => {
			const typeOf = async (accept) => (await get(admin, { accept }))
				.headers['content-type'];
			const plain = 'text/plain; version=0.0.4; charset=utf-8';
			assert.equal(await typeOf('*/*'), plain);
			assert.equal(await typeOf('application/openmetrics-text;'
				+ 'version=1.0.0;escaping=allow-utf-8;q=0.5,'
				+ 'text/plain;version=0.0.4;q=0.2,*/*;q=0.1'), plain);
			assert.equal(await typeOf('text/plain;version=1.0.0;'
				+ 'escaping=underscores;q=0.3'),
			`${plain}; escaping=underscores`);
		});

		await check('counters are the sums of the command', async () => {
			const families = await read();
			const lines = JSON.parse(command('usage', '--by', 'key', '--json'));
			for (const key of [NAME, 'bob']) {
				const of = lines.filter((l) => l.key === key);
				const sum = (column) => of.reduce((n, l) =>
					n + l[column], 0);
				for (const [name, column] of [
					['kimi_proxy_requests_total', 'requests'],
					[`${TOKENS}input_tokens_total`, 'prompt_tokens'],
					[`${TOKENS}output_tokens_total`, 'completion_tokens'],
					[`${TOKENS}cache_read_input_tokens_total`,
						'cached_tokens'],
					['kimi_proxy_unpriced_requests_total', 'unpriced']])
					assert.equal(sumOf(families, name, { key }), sum(column),
						`${name} ${key}`);
				assert.equal(sumOf(families, 'kimi_proxy_cost_total',
					{ key, currency: 'USD' }), sum('cost'));
			}
			const outcomes = (labels) => ['done', 'failed', 'refused'].map(
				(outcome) => sumOf(families, 'kimi_proxy_requests_total',
					{ ...labels, outcome }));
			assert.deepEqual(outcomes({ key: NAME }), [2, 0, 0]);
			assert.deepEqual(outcomes({ key: 'bob' }), [2, 1, 1]);
			assert.deepEqual(outcomes({ key: 'strangers' }), [1, 0, 0]);
			assert.deepEqual(outcomes({ key: 'nobody' }), [0, 0, 1]);
			assert.deepEqual(outcomes({ model: 'kimi-k3' }), [4, 1, 0]);
		});
		await check('... those of OpenAI\'s endpoints', async () => {
			const families = await read();
			const start = Math.floor(Date.now() / 1000) - 24 * 60 * 60;
			const { data } = (await get(admin, {}, '/v1/organization/usage/'
				+ `completions?start_time=${start}`)).json;
			const sum = (column) => data.flatMap((b) => b.results).reduce(
				(n, r) => n + r[column], 0);
			assert.equal(sumOf(families, `${TOKENS}input_tokens_total`),
				sum('input_tokens'));
			assert.equal(sumOf(families, `${TOKENS}output_tokens_total`),
				sum('output_tokens'));
			assert.equal(sumOf(families, 'kimi_proxy_requests_total')
				- sumOf(families, 'kimi_proxy_requests_total',
					{ outcome: 'refused' }), sum('num_model_requests'));
		});
		await check('... and those of the view', async () => {
			const families = await read();
			const rows = await site.query(`SELECT model, service,
				sum(requests) AS requests, sum(prompt_tokens) AS prompt,
				sum(timed) AS timed, sum(duration_ms) AS duration,
				sum(took_2s) AS took_2s, sum(begun) AS begun,
				sum(cost) AS cost FROM usage_by_day GROUP BY 1, 2`);
			assert.ok(rows.length >= 3);
			for (const { model, service, ...n } of rows) {
				const of = { model, service };
				const gen = { gen_ai_request_model: model, service };
				assert.equal(sumOf(families, 'kimi_proxy_requests_total', of),
					n.requests);
				assert.equal(sumOf(families, 'kimi_proxy_cost_total', of),
					n.cost / 1e9);
				assert.equal(sumOf(families, `${TOKENS}input_tokens_total`, gen),
					n.prompt);
				const samples = (family, suffix, more = {}) => families
					.get(family).samples.filter((s) => s.name === family
						+ suffix && Object.entries({ ...gen, ...more }).every(
						([k, v]) => (s.labels[k] ?? '') === v))
					.reduce((sum, s) => sum + s.value, 0);
				assert.equal(samples(DURATION, '_count'), n.timed);
				assert.equal(samples(DURATION, '_sum'), n.duration / 1000);
				assert.equal(samples(DURATION, '_bucket', { le: '2' }),
					n.took_2s);
				assert.equal(samples(FIRST, '_count'), n.begun);
			}
		});
		await check('OpenTelemetry\'s names have its attributes', async () => {
			const families = await read();
			for (const [name, { samples }] of families)
				for (const { labels } of name.startsWith('gen_ai') ? samples : [])
					assert.deepEqual([labels.gen_ai_operation_name,
						labels.gen_ai_provider_name], ['chat', 'moonshot_ai']);
		});

		await check('gauges tell how things are', async () => {
			const gate = `metrics-${mount}`;
			const s = stream(site, say(scene({ chunks: 3, reasoning: '',
				answer: 'word word word', gate }), k3), { key: ana });
			await site.fake.open(gate, 1);
			await s.content(1);
			let families = await read();
			assert.equal(sumOf(families, 'kimi_proxy_requests_running'), 1);
			const budget = (name, unit, period) => sumOf(families,
				`kimi_proxy_budget_${name}`, { key: NAME, unit, period });
			assert.equal(budget('limit', 'USD', 'day'), 1);
			assert.equal(budget('limit', 'tokens', 'total'), 1000000);
			assert.equal(budget('used', 'tokens', 'total'), 30);
			assert.ok(budget('reserved', 'tokens', 'total') > 100);
			assert.ok(budget('reserved', 'USD', 'day') > 0);
			await site.fake.open(gate, 3);
			await finished(s);
			await until('it has ended', async () => sumOf(families
				= await read(), 'kimi_proxy_requests_running') === 0);
			assert.equal(budget('reserved', 'tokens', 'total'), 0);
			assert.deepEqual(families.get('kimi_proxy_credential_available')
				.samples.map((c) => [c.labels.service, c.value]),
			[['web', 1], ['platform', 1]]);
			assert.ok(sumOf(families, 'kimi_proxy_database_bytes') > 100000);
			assert.ok(sumOf(families, 'kimi_proxy_schema_version') >= 15);
			assert.ok(Math.abs(Date.now() / 1000 - sumOf(families,
				'kimi_proxy_oldest_request_timestamp_seconds')) < 600);
			const [build] = families.get('kimi_proxy_build_info').samples;
			assert.match(build.labels.version, /^\d+\.\d+\.\d+/);
		});
		await check('a paused credential is told', async () => {
			const [, platform] = JSON.parse(command('credential', 'list',
				'--json')).credentials;
			command('credential', 'pause', platform.credential);
			const families = await read();
			assert.equal(sumOf(families, 'kimi_proxy_credentials_paused'), 1);
			assert.deepEqual(families.get('kimi_proxy_credential_available')
				.samples.map((c) => c.labels.service), ['web']);
			command('credential', 'resume', platform.credential);
		});

		await check('names that nobody knows are one series', async () => {
			const before = (await get(admin)).text.split('\n').length;
			for (let i = 0; i < 5; i++)
				await ask(platformKey(), { model: `kimi-made-up-${i}` });
			const { text } = await get(admin);
			assert.ok(!text.includes('made-up'));
			assert.ok(text.split('\n').length < before + 50);
		});
		await check('nothing secret is in them', async () => {
			const { text } = await get(admin);
			const rows = await site.query(`SELECT fingerprint FROM keys
				WHERE origin <> 'nobody'`);
			for (const secret of [admin, ana, bob, 'sk-of-the-test', 'sk-test',
				'refresh-of-the-test', ...rows.map((r) => r.fingerprint)])
				assert.ok(!text.includes(secret), secret);
		});

		await check('no counter falls, whatever is deleted or killed', async () => {
			let before = await read();
			const still = async (what) => {
				const after = await read();
				assertNothingFell(before, after);
				before = after;
				return after;
			};
			const requests = sumOf(before, 'kimi_proxy_requests_total');
			await site.query(`UPDATE requests SET started_at = started_at - ${OLD};
				UPDATE usage_quarters SET began_at = began_at - ${OLD}`);
			answerOf(await ask(ana));
			await still('summed up');
			command('db', 'prune', '--yes');
			const [{ n }] = await site.query(
				'SELECT count(*) AS n FROM usage_quarters');
			assert.equal(n, 1);
			await still('pruned');
			command('key', 'delete', 'bob', '--with-data', '--yes');
			await still('deleted');
			const gate = `killed-${mount}`;
			const s = stream(site, say(scene({ chunks: 3, reasoning: '',
				answer: 'word word word', gate }), k3), { key: ana });
			await site.fake.open(gate, 1);
			await s.content(1);
			for (const pid of site.programs())
				kill(pid);
			await s.done;
			await until('the program runs again', () => site.healthy());
			await until('the killed one is counted', async () => {
				await ask(ana);
				return sumOf(await read(), 'kimi_proxy_requests_total',
					{ key: NAME, outcome: 'failed' }) === 1;
			});
			const after = await still('killed');
			assert.ok(sumOf(after, 'kimi_proxy_requests_total') >= requests + 2);
		});
		await check('a thousand keys are not told apart', async () => {
			const before = await read();
			assert.equal(sumOf(before, 'kimi_proxy_counts_by_key'), 1);
			const sums = await site.query(`SELECT name
				FROM pragma_table_info('usage_quarters')`);
			const columns = sums.map(({ name }) => name);
			await site.query(`WITH RECURSIVE n (i) AS
				(VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
				INSERT INTO keys (fingerprint, label, created_at, public_id)
				SELECT 'many' || i, 'many', 0, 'key_many' || i FROM n;
				INSERT INTO usage_quarters (${columns})
				SELECT ${columns.map((name) => name === 'key_id' ? 'k.id'
		: name === 'in_day' ? '0' : `q.${name}`)}
				FROM keys k, (SELECT * FROM usage_quarters
					WHERE in_day = 0 AND token_source <> 'none' LIMIT 1) q
				WHERE k.label = 'many'`);
			const after = await read();
			assert.equal(sumOf(after, 'kimi_proxy_counts_by_key'), 0);
			for (const [name, { samples }] of after)
				if (!name.startsWith('kimi_proxy_budget'))
					assert.ok(samples.length < 100 && samples.every((s) =>
						s.labels.key === undefined), name);
			assert.ok(sumOf(after, 'kimi_proxy_requests_total')
				>= sumOf(before, 'kimi_proxy_requests_total') + 1001);
		});
		await check('a server without credentials has them, too', async () => {
			site.configure({ ...settings, KIMI_TOKENS: null });
			await until('the settings are read', async () => (await ask(ana))
				.status === 503);
			await read();
		});
	});
