// SPDX-License-Identifier: MIT
// Callers with credentials of their own: nothing is kept of them or done for
// them before Kimi has accepted one.

import assert from 'node:assert/strict';
import { sleep, until } from './lib/process.mjs';
import { call, chat, say, scene, upload } from './lib/http.mjs';
import { accessToken, refreshToken } from './lib/jwt.mjs';
import { codeKey, fingerprint, isKnown, platformKey, secretOf } from './lib/kimi.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

const form = (text) => ({ headers: {
	'content-type': 'multipart/form-data; boundary=b' },
body: '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data'
	+ '\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="f"'
	+ `\r\n\r\n${text}\r\n--b--\r\n` });

// What a stranger may try at each endpoint; none of it is malformed.
const messages = [{ role: 'user', content: 'hello' }];
const bodies = {
	'/v1/chat/completions': { model: 'kimi-k3', messages, store: true },
	'/v1/chat/completions/{conversation-id}': { model: 'kimi-k3', messages },
	'/v1/completions': { model: 'kimi-k3', prompt: 'hello' },
	'/v1/responses': { model: 'kimi-k3', input: 'hello' },
	'/v1/responses/input_tokens': { model: 'kimi-k3', input: 'hello' },
	'/v1/responses/compact': { model: 'kimi-k3', input: 'hello' },
	'/v1/messages': { model: 'kimi-k3', max_tokens: 9, messages },
	'/v1/messages/count_tokens': { model: 'kimi-k3', messages },
	'/v1/tokenizers/estimate-token-count': { model: 'kimi-k3', messages },
	'/v1/conversations': { metadata: { a: 'b' }, items: [{ type: 'message',
		role: 'user', content: 'kept?' }] },
	'/v1/conversations/{conversation-id}': { metadata: {} },
	'/v1/conversations/{conversation-id}/items': { items: [{ type: 'message',
		role: 'user', content: 'kept?' }] },
};
const open = ['/', '/healthz', '/health', '/api/hello'];

// Every endpoint that wants a key, as the index lists them.
async function endpoints(site) {
	const { endpoints: all } = (await call(site, '/v1', { key: '' })).json;
	return all.filter((e) => !open.includes(e.path)
		&& (e.method !== 'GET' || e.path !== '/v1/responses'))
		.map(({ method, path }) => [path.replace('{conversation-id}', 'mine')
			.replace(/\{[a-z-]+\}/g, 'x'), { method,
			...(path === '/v1/files' && method === 'POST' ? form('kept?') : {
				body: method === 'POST' ? bodies[path] || {} : undefined }) }]);
}

// Rows of all tables, but for slots, which hold none of its secrets.
// That somebody was refused is told without a word of who it was.
const nobody = '(SELECT id FROM keys WHERE origin = \'nobody\')';
const others = { keys: `WHERE id NOT IN ${nobody}`,
	requests: `WHERE key_id NOT IN ${nobody}`,
	usage_quarters: `WHERE key_id NOT IN ${nobody}` };

async function rows(site) {
	const tables = await site.query(`SELECT name FROM sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
		AND name NOT IN ('slots', 'prices')`);
	const counts = await site.query(tables.map(({ name }) =>
		`SELECT '${name}' AS name, count(*) AS n FROM ${name} ${
			others[name] || ''}`).join(' UNION ALL '));
	return Object.fromEntries(counts.filter((c) => c.n > 0)
		.map((c) => [c.name, c.n]));
}

const pages = async (site) =>
	(await site.query('PRAGMA page_count'))[0].page_count;

// Where each request has a process of its own nobody remembers a refusal, so
// that takes its time; the other checks are the same.
for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`strangers, ${mount}`, mount, {}, async (check, site) => {
		const { fake } = site;
		const ask = (key, more) => chat(site, say('hello',
			{ model: 'kimi-k3', ...more }), { key });
		const asked = async (key, route) =>
			(await fake.asked(secretOf(key), route)).length;
		const remembers = mount === 'lighttpd_fastcgi';

		await check('an invented credential leaves nothing, on any route',
			nothing);
		await check('few invented credentials are asked about at once', few);
		await check('what Kimi accepted is not asked again', once);
		await check('the invented ones of a list leave nothing', mixed);
		if (!remembers)
			return;
		await check('... in whatever shape, and in Kimi\'s words', shapes);
		await check('a large upload with it is not kept either', large);
		await check('Kimi\'s trouble is not taken for a refusal', trouble);
		await check('a web token is checked by what its protocol has', web);
		await check('what a stranger keeps has a limit', space);
		await check('a long name of a model is not kept', names);
		await check('ALLOW_CUSTOM_TOKENS=0 turns them away on every route',
			off);

		async function nothing() {
			const before = await rows(site);
			const key = platformKey('bad');
			const all = await endpoints(site);
			assert.ok(all.length > 25, `${all.length} endpoints`);
			for (const [path, request] of remembers ? all : all.filter(
				([path]) => /files$|conversations$|compact/.test(path))) {
				const r = await call(site, path, { key, ...request });
				assert.equal(r.status, 401, `${path}: ${r.text}`);
				assert.match(r.json.error.message, /Kimi says: /, path);
			}
			assert.deepEqual(await rows(site), before);
			assert.deepEqual([...new Set((await fake.asked(secretOf(key)))
				.map((r) => r.route))], ['models']);
			if (remembers)
				assert.equal(await asked(key), 1);
			const slots = await site.query('SELECT credential FROM slots');
			assert.ok(slots.length <= 4
				&& slots.every((s) => s.credential === 'new '),
			JSON.stringify(slots));
		}

		async function shapes() {
			const before = await rows(site);
			const cases = [platformKey('bad'), codeKey('bad'),
				'web:bad-refresh-token-of-a-stranger',
				accessToken('expired-of-a-stranger', -60),
				`${platformKey('bad')},${codeKey('bad')}`];
			for (const key of cases) {
				const e = errorOf(await ask(key), 401);
				assert.equal(e.code, 'invalid_api_key');
				assert.match(e.message, /not one of this server.*Kimi/);
				assert.ok(!e.message.includes(secretOf(key)), e.message);
			}
			const r = await call(site, '/v1/messages', { key: '', headers: {
				'x-api-key': platformKey('bad') }, body:
				bodies['/v1/messages'] });
			assert.equal(r.status, 401);
			assert.equal(r.json.error.type, 'authentication_error');
			assert.deepEqual(await rows(site), before);
		}

		async function large() {
			const before = [await rows(site), await pages(site)];
			const r = await call(site, '/v1/files', { key: platformKey('bad'),
				...form('x'.repeat(20e6)) });
			errorOf(r, 401);
			assert.deepEqual([await rows(site), await pages(site)], before);
		}

		async function few() {
			await fake.scenes({ match: { route: 'models' },
				times: -1, scene: { hold: `few-${mount}`, status: 401 } });
			const keys = Array.from({ length: 7 }, () => platformKey('few'));
			const counts = async () => (await Promise.all(keys.map((key) =>
				asked(key)))).reduce((a, b) => a + b);
			const replies = Promise.all(keys.map((key) => ask(key)));
			await until('four are asked about', async () =>
				await counts() === 4);
			await sleep(400);
			assert.equal(await counts(), 4);
			await fake.open(`few-${mount}`, 100);
			for (const r of await replies)
				errorOf(r, 401);
			await fake.reset();
			assert.deepEqual(await Promise.all(keys.map((key) =>
				isKnown(site, key))), keys.map(() => false));
		}

		async function trouble() {
			for (const [scene, status] of [[{ drop: true }, 502],
				[{ status: 500 }, 502], [{ status: 503 }, 503],
				[{ status: 404 }, 502]]) {
				const key = platformKey();
				await fake.scenes({ match: { token: secretOf(key) },
					times: -1, scene });
				errorOf(await ask(key), status);
				await fake.reset();
				assert.ok(!await isKnown(site, key));
				answerOf(await ask(key));
				assert.ok(await isKnown(site, key));
			}
		}

		async function once() {
			const key = platformKey();
			const id = await upload(site, Buffer.from('mine'), 'mine', { key });
			answerOf(await ask(key));
			await site.restart();
			answerOf(await ask(key));
			// Whatever Kimi thinks of it later, what is kept can be read.
			await fake.scenes({ match: { token: secretOf(key) }, times: -1,
				scene: { status: 401 } });
			const r = await call(site, `/v1/files/${id}/content`, { key });
			assert.equal(r.text, 'mine');
			assert.equal(await asked(key, 'models'), 1);
			assert.equal(await asked(key, 'completion'), 2);
		}

		async function mixed() {
			const good = platformKey();
			const bad = Array.from({ length: 63 }, () => platformKey('bad'));
			const list = [bad[0], good, ...bad.slice(1)].join(',');
			answerOf(await ask(list));
			const first = (await Promise.all(bad.map((key) => asked(key))))
				.reduce((a, b) => a + b);
			assert.ok(first >= 1 && first <= 8, `${first} were asked about`);
			answerOf(await ask(list));
			await site.restart();
			answerOf(await ask(list));
			assert.equal((await Promise.all(bad.map((key) => asked(key))))
				.reduce((a, b) => a + b), first);
			assert.equal(await asked(good, 'models'), 1);
			for (const key of bad)
				assert.ok(!await isKnown(site, key));
			// One that joins an accepted one is asked about when it is time.
			const other = platformKey();
			await site.query('UPDATE credentials SET others_checked_at = 0');
			answerOf(await ask(`${good},${other}`));
			assert.ok(await isKnown(site, other));
		}

		async function web() {
			const hello = (key, on = site) => chat(on, say('hello'), { key });
			const routes = async (token) => (await fake.asked(token))
				.map((r) => `${r.service}.${r.route}`);
			const legacy = accessToken('legacy-of-a-stranger');
			answerOf(await hello(legacy));
			assert.equal((await routes(legacy))[0], 'web.user');
			const refresh = refreshToken('legacy-of-a-stranger');
			answerOf(await hello(refresh));
			assert.deepEqual(await routes(refresh), ['web.refresh']);
			const other = await startSite(mount, { fake, settings: {
				KIMI_WEB_PROTOCOL: 'auto' } });
			try {
				const current = accessToken('current-of-a-stranger');
				answerOf(await hello(current, other));
				assert.equal((await routes(current))[0], 'connect.user');
				await fake.settings({ connect: 404 });
				const older = accessToken('older-of-a-stranger');
				answerOf(await hello(older, other));
				assert.deepEqual((await routes(older)).slice(0, 2),
					['connect.user', 'web.user']);
			} finally {
				await fake.settings({ connect: true });
				await other.stop();
			}
		}

		async function space() {
			site.configure({ KIMI_STRANGER_SPACE: 30000 });
			await site.restart();
			const key = platformKey(), more = `${key},${platformKey('bad')}`;
			const put = (n, k) => call(site, '/v1/files', { key: k,
				...form('x'.repeat(n)) });
			const first = await put(20000, key);
			assert.equal(first.status, 200, first.text);
			// Under another name it is the same stranger.
			const e = errorOf(await put(15000, more), 413);
			assert.equal(e.code, 'storage_limit_exceeded');
			assert.match(e.message, /keep 30000 bytes.*2\d{4} already/);
			assert.equal((await put(5000, more)).status, 200);
			const talk = (text) => chat(site, say(text,
				{ model: 'kimi-k3' }), { key, headers:
				{ 'x-conversation-id': 'full' } });
			const before = await asked(key, 'completion');
			errorOf(await talk('x'.repeat(6000)), 413);
			assert.equal(await asked(key, 'completion'), before);
			// Responses are stored unless the client says otherwise.
			const respond = (more) => call(site, '/v1/responses', { key, body:
				{ model: 'kimi-k3', input: 'x'.repeat(6000), ...more } });
			assert.match(errorOf(await respond(), 413).message,
				/Or send "store": false/);
			assert.equal((await respond({ store: false })).status, 200);
			// What ends before its client has an id is not kept.
			const [{ kept: full }] = await site.query(`SELECT
				sum(kept) AS kept FROM keys
				WHERE stranger = '${fingerprint(key)}'`);
			for (const more of [{}, { stream: true }, { model: 'nope' }])
				assert.ok((await respond({ ...more, input: scene({
					status: 400 }) })).status >= 400);
			errorOf(await chat(site, say(scene({ status: 400 }), { store:
				true, model: 'kimi-k3' }), { key }), 400);
			assert.deepEqual(await site.query(`SELECT sum(kept) AS kept
				FROM keys WHERE stranger = '${fingerprint(key)}'`),
			[{ kept: full }]);
			answerOf(await ask(key));
			answerOf(await talk('short'));
			assert.equal((await put(20000)).status, 200);
			await call(site, `/v1/files/${first.json.id}`, { key,
				method: 'DELETE' });
			answerOf(await talk('x'.repeat(6000)));
			await site.crash();
			await until('it serves again', site.healthy);
			const [{ kept }] = await site.query(`SELECT sum(kept) AS kept
				FROM keys WHERE stranger = '${fingerprint(key)}'`);
			assert.ok(kept > 17000 && kept < 21000, `${kept}`);
		}

		async function names() {
			const key = platformKey();
			answerOf(await ask(key));
			for (const model of ['m'.repeat(3e6), `kimi-${'é'.repeat(1e6)}`])
				errorOf(await ask(key, { model }), 404);
			const long = (table) => site.query(`SELECT length(model) AS n,
				substr(model, 1, 6) AS begins FROM ${table}
				WHERE length(model) > 60 ORDER BY n`);
			assert.deepEqual(await long('requests'), [
				{ n: 66, begins: 'kimi-é' }, { n: 128, begins: 'mmmmmm' }]);
			// Kimi was asked for the other one.
			assert.deepEqual(await long('usage_by_day'), [
				{ n: 66, begins: 'kimi-é' }]);
		}

		async function off() {
			site.configure({ ALLOW_CUSTOM_TOKENS: 0 });
			await site.restart();
			const before = await rows(site);
			const accepted = platformKey(), key = `sk-${'Accepted'.repeat(4)}`;
			for (const each of [accepted, key])
				for (const [path, request] of await endpoints(site)) {
					const r = await call(site, path, { key: each,
						...request });
					assert.equal(r.status, 401, `${path}: ${r.text}`);
					assert.match(r.json.error.message,
						/Incorrect API key/);
				}
			assert.equal(await asked(key), 0);
			assert.equal(await asked(accepted), 0);
			assert.deepEqual(await rows(site), before);
		}
	});
