// SPDX-License-Identifier: MIT
// What an API key is told of itself: what it used and what is left, in a form of
// our own and in those that clients of other servers read.

import assert from 'node:assert/strict';
import { commandOf } from './lib/command.mjs';
import { call, chat, say, scene } from './lib/http.mjs';
import { platformKey } from './lib/kimi.mjs';
import { zoneOfNoon } from './lib/limits.mjs';
import { until } from './lib/process.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

const UNLIMITED = 1e8;
const k3 = { model: 'kimi-k3', max_tokens: 100 };
const settings = { KIMI_TIMEZONE: zoneOfNoon() };
const paths = ['/v1/usage/me', '/v1/users/me/balance', '/key/info',
	'/user/info', '/dashboard/billing/subscription',
	'/dashboard/billing/usage'];

// 10 tokens in, 5 of them cached, and 5 out: 8 000 nano-USD.
const prices = ['--input', '1', '--cached', '0.4', '--output', '0.2'];
const used = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15,
	prompt_tokens_details: { cached_tokens: 5 } };
const COST = 8000;

const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
const DAY = 24 * 60 * 60 * 1000;

for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`own usage (${mount})`, mount, { settings }, async (check, site) => {
		const command = (...argv) => commandOf(site, ...argv);
		const get = (path, key) => call(site, path, { key });
		const read = async (path, key) => {
			const r = await get(path, key);
			assert.equal(r.status, 200, r.text);
			assert.match(r.headers['content-type'], /^application\/json/);
			return r.json;
		};
		const ask = async (key, more = {}) => answerOf(await chat(site,
			say(scene({ answer: 'yes', usage: used }), { ...k3, ...more }),
			{ key }));
		const add = (name, ...options) => command('key', 'add', name,
			...options);

		await site.query('DELETE FROM prices');
		command('price', 'set', 'kimi-k3', ...prices);
		const plain = add('plain');
		const poor = add('poor', '--budget', '0.01USD/day', '--budget',
			'1USD/month', '--budget', '500000tokens/total', '--rpm', '60',
			'--models', 'kimi-k3', '--expires', '2099-01-02');
		await ask(plain);
		await ask(plain);
		await ask(poor);

		await check('nobody else is told', async () => {
			for (const path of paths) {
				errorOf(await get(path, 'kp-wrong'), 401);
				errorOf(await get(path, ''), 401);
				assert.equal((await call(site, path, { key: plain, body: {} }))
					.status, 405);
				assert.equal((await call(site, path, { key: plain,
					method: 'HEAD' })).status, 200);
			}
		});

		await check('a key sees what it used, and nothing of others', async () => {
			const me = await read('/v1/usage/me', plain);
			assert.equal(me.object, 'usage');
			assert.equal(me.name, 'plain');
			assert.match(me.id, /^key_/);
			assert.deepEqual([me.expires_at, me.models, me.requests_per_minute,
				me.budgets], [null, null, null, []]);
			for (const period of ['today', 'this_month', 'total'])
				assert.deepEqual(me[period], { requests: 2,
					failed_requests: 0, refused_requests: 0,
					unpriced_requests: 0, input_tokens: 20,
					output_tokens: 10, cached_tokens: 10,
					cache_write_tokens: 0, reasoning_tokens: 0,
					web_searches: 0, cost: { USD: 2 * COST / 1e9 } }, period);
		});
		await check('... and what it may still use', async () => {
			const me = await read('/v1/usage/me', poor);
			assert.equal(me.expires_at?.slice(0, 7), '2099-01');
			assert.deepEqual(me.models, ['kimi-k3']);
			assert.equal(me.requests_per_minute, 60);
			const [day, month, total] = me.budgets;
			assert.deepEqual([day.period, day.unit, day.amount, day.used,
				day.reserved, day.remaining],
			['day', 'USD', 0.01, COST / 1e9, 0, (1e7 - COST) / 1e9]);
			assert.ok(Date.parse(day.resets_at) > Date.now()
				&& Date.parse(day.resets_at) < Date.now() + DAY);
			assert.equal(month.period, 'month');
			assert.deepEqual([total.unit, total.used, total.remaining,
				total.resets_at], ['tokens', 15, 499985, null]);
			assert.equal(me.total.requests, 1);
		});
		await check('the sums are those of the command', async () => {
			const lines = JSON.parse(command('usage', '--by', 'key', '--json'));
			for (const [name, key] of [['plain', plain], ['poor', poor]]) {
				const line = lines.find((l) => l.key === name);
				const { total } = await read('/v1/usage/me', key);
				assert.deepEqual([total.requests, total.input_tokens,
					total.output_tokens, total.cost.USD], [line.requests,
					line.prompt_tokens, line.completion_tokens, line.cost]);
			}
		});
		await check('a key that was never used has used nothing', async () => {
			const me = await read('/v1/usage/me', 'sk-other');
			assert.deepEqual([me.total.requests, me.total.cost, me.budgets],
				[0, {}, []]);
			assert.equal((await read('/v1/users/me/balance', 'sk-other'))
				.data.available_balance, UNLIMITED);
		});

		await check('billing clients see a limit and cents', async () => {
			for (const base of ['', '/v1', '/kimi', '/kimi/v1']) {
				const at = `${base}/dashboard/billing`;
				const limit = await read(`${at}/subscription`, poor);
				assert.deepEqual([limit.object, limit.hard_limit_usd,
					limit.soft_limit_usd, limit.system_hard_limit_usd,
					limit.has_payment_method, limit.currency],
				['billing_subscription', 0.01, 0.01, 0.01, true, 'USD']);
				assert.equal(dayOf(limit.access_until * 1000).slice(0, 7),
					'2099-01');
				const spent = await read(`${at}/usage`, poor);
				assert.deepEqual([spent.object, spent.total_usage],
					['list', COST / 1e7]);
			}
			assert.equal((await read('/dashboard/billing/subscription', plain))
				.hard_limit_usd, UNLIMITED);
		});
		await check('... of the days that they ask for', async () => {
			const spent = async (from, to, key = plain) => (await read(
				`/dashboard/billing/usage?start_date=${from}&end_date=${to}`,
				key)).total_usage;
			const [{ ahead }] = await site.query(`SELECT 12 - strftime('%H',
				min(started_at) / 1000, 'unixepoch') AS ahead FROM requests`);
			const now = Date.now() + ahead * 60 * 60 * 1000;
			const [yesterday, today, tomorrow] = [-1, 0, 1].map((n) =>
				dayOf(now + n * DAY));
			for (const [from, to] of [[today, today], [today, tomorrow],
				[yesterday, tomorrow], ['2026-01-01', today]])
				assert.equal(await spent(from, to), 2 * COST / 1e7,
					`${from} ${to}`);
			assert.equal(await spent('2026-01-01', yesterday), 0);
			assert.equal(await spent(tomorrow, tomorrow), 0);
			assert.equal(await spent(today, yesterday), 0);
			// What is left of a budget is the limit without what was used.
			assert.equal(await spent(yesterday, yesterday, poor), COST / 1e7);
			for (const date of ['2026-13-01', 'today', '2026-11-30x', '1'])
				assert.match(errorOf(await get('/dashboard/billing/usage'
					+ `?start_date=${date}`, plain), 400).message,
				/start_date/);
		});
		await check('Moonshot\'s clients see what is left of it', async () => {
			assert.deepEqual(await read('/v1/users/me/balance', poor), {
				code: 0, data: { available_balance: (1e7 - COST) / 1e9,
					voucher_balance: 0, cash_balance: (1e7 - COST) / 1e9 },
				scode: '0x0', status: true });
		});
		await check('... and of their own account', async () => {
			const key = platformKey();
			await ask(key);
			const { data } = await read('/v1/users/me/balance', key);
			const [asked] = await site.query(`SELECT remaining
				FROM credential_quotas WHERE name = 'balance'`);
			assert.ok(asked.remaining < UNLIMITED * 1e9);
			assert.equal(data.available_balance, asked.remaining / 1e9);
		});
		await check('LiteLLM\'s clients see the key and its user', async () => {
			const { key, info } = await read('/key/info', poor);
			assert.equal(key, info.user_id);
			assert.match(info.key_name, /^kp-/);
			assert.ok(!poor.includes(info.key_name));
			assert.deepEqual([info.key_alias, info.spend, info.max_budget,
				info.budget_duration, info.rpm_limit, info.tpm_limit,
				info.models, info.blocked],
			['poor', COST / 1e9, 0.01, '1d', 60, null, ['kimi-k3'], false]);
			assert.ok(Date.parse(info.budget_reset_at) > Date.now());
			const user = await read(`/user/info?user_id=${info.user_id}`, poor);
			assert.equal(user.user_id, info.user_id);
			assert.deepEqual([user.user_info.user_id, user.user_info.spend,
				user.user_info.max_budget, user.teams],
			[info.user_id, COST / 1e9, 0.01, []]);
			const other = (await read('/key/info', plain)).info;
			assert.deepEqual([other.spend, other.max_budget,
				other.budget_duration, other.budget_reset_at, other.expires],
			[2 * COST / 1e9, null, null, null, null]);
		});

		await check('currencies are never added', async () => {
			command('price', 'set', 'kimi-k2.6', '--currency', 'CNY',
				'--input', '1', '--cached', '0.4', '--output', '0.2');
			const both = add('both');
			await ask(both);
			await ask(both, { model: 'kimi-k2.6' });
			await ask(both, { model: 'kimi-k2.6' });
			assert.deepEqual((await read('/v1/usage/me', both)).total.cost,
				{ CNY: 2 * COST / 1e9, USD: COST / 1e9 });
			const spent = await read('/dashboard/billing/usage', both);
			assert.deepEqual([spent.total_usage, spent.currency],
				[2 * COST / 1e7, 'CNY']);
		});
		await check('no secret is in any of it', async () => {
			for (const path of paths) {
				const { text } = await get(path, poor);
				for (const secret of [poor, plain, 'sk-of-the-test',
					'refresh-of-the-test'])
					assert.ok(!text.includes(secret), path);
			}
		});
		await check('a server without credentials tells it, too', async () => {
			site.configure({ ...settings, KIMI_TOKENS: null });
			await until('the settings are read', async () => (await chat(site,
				say('hello', k3), { key: plain })).status === 503);
			for (const path of paths)
				await read(path, plain);
		});
	});
