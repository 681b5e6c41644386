// SPDX-License-Identifier: MIT
// Which paths exist, under which mount points, for which methods. CORS.

import assert from 'node:assert/strict';
import { call, chat, say, stream } from './lib/http.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const everything = { url: '^/' };

withSite('routes', 'lighttpd_fastcgi', everything, async (check, site) => {
	await Promise.all([
		check('GET /v1/models lists models, without a key', models),
		check('GET /v1/models/{id} returns one, 404 for others', oneModel),
		check('GET /healthz and GET / need no key', front),
		check('HEAD is GET without a body', head),
		check('OPTIONS is answered for every path, before any check', options),
		check('every response has CORS headers and a request id', cors),
		check('an unknown path is a 404 that points to the index', unknown),
		check('a wrong method is a 405 with Allow', wrongMethod),
		check('models are served under every mount point and spelling', mounts),
		check('chats are served under every mount point and spelling', chats),
	]);
	await check('allowed origins are echoed, others are not', origins);

	async function models() {
		const r = await call(site, '/v1/models', { key: '' });
		assert.equal(r.status, 200);
		assert.match(r.headers['content-type'], /^application\/json/);
		assert.equal(r.json.object, 'list');
		const ids = r.json.data.map((m) => m.id);
		for (const id of ['k2', 'k1.5', 'kimi-k3', 'kimi-k2.6'])
			assert.ok(ids.includes(id), `no ${id} in ${ids}`);
		for (const m of r.json.data) {
			assert.equal(m.object, 'model');
			assert.ok(Number.isInteger(m.created));
			assert.equal(typeof m.owned_by, 'string');
		}
	}

	async function oneModel() {
		const r = await call(site, '/v1/models/kimi-k3', { key: '' });
		assert.equal(r.json.id, 'kimi-k3');
		const none = errorOf(await call(site, '/v1/models/gpt-0'), 404);
		assert.equal(none.code, 'model_not_found');
		assert.equal(none.param, 'model');
	}

	async function front() {
		const health = await call(site, '/healthz', { key: '' });
		assert.equal(health.status, 200);
		const r = await call(site, '/', { key: '' });
		assert.equal(r.status, 200);
		assert.ok(r.json.name && r.json.version);
		assert.match(JSON.stringify(r.json.endpoints), /chat\/completions/);
		for (const path of ['/v1', '/v1/', '/kimi/'])
			assert.equal((await call(site, path, { key: '' })).text,
				r.text);
	}

	async function head() {
		for (const path of ['/', '/healthz', '/v1/models',
			'/v1/models/k2']) {
			const r = await call(site, path, { method: 'HEAD' });
			assert.equal(r.status, 200, path);
			assert.equal(r.text, '');
			assert.match(r.headers['content-type'],
				/^application\/json/);
		}
		const r = await call(site, '/v1/none', { method: 'HEAD' });
		assert.equal(r.status, 404);
		assert.equal(r.text, '');
	}

	async function options() {
		for (const path of ['/v1/chat/completions', '/v1/models',
			'/v1/chat/completions/some-id', '/', '/v1/none']) {
			const r = await call(site, path, { method: 'OPTIONS',
				key: '', headers: { origin: 'https://app.example',
					'access-control-request-method': 'POST',
					'access-control-request-headers':
						'authorization, x-stainless-lang' } });
			assert.equal(r.status, 204, path);
			assert.equal(r.text, '');
			const h = r.headers;
			assert.equal(h['access-control-allow-origin'], '*');
			assert.match(h['access-control-allow-methods'], /POST/);
			assert.equal(h['access-control-allow-headers'],
				'authorization, x-stainless-lang');
			assert.equal(h['access-control-max-age'], '86400');
		}
	}

	async function cors() {
		const s = await finished(stream(site, say('hello')));
		const replies = [await call(site, '/v1/models'), s,
			await call(site, '/v1/none'),
			await chat(site, say('hello'), { key: '' }),
			await chat(site, 'no json')];
		const ids = new Set();
		for (const { headers } of replies) {
			assert.equal(headers['access-control-allow-origin'], '*');
			assert.match(headers['access-control-expose-headers'],
				/x-request-id.*retry-after/);
			assert.match(headers['x-request-id'], /^req_\w{16,}$/);
			assert.equal(headers['request-id'],
				headers['x-request-id']);
			ids.add(headers['x-request-id']);
		}
		assert.equal(ids.size, replies.length);
	}

	async function unknown() {
		for (const path of ['/v1/none', '/none', '/v1/chat', '/v1/modelsx']) {
			const e = errorOf(await call(site, path), 404);
			assert.equal(e.code, 'unknown_url');
			assert.match(e.message, /GET \/v1 /);
		}
	}

	async function wrongMethod() {
		const cases = [['DELETE', '/v1/models', /GET/],
			['POST', '/v1/models/k2', /GET/],
			['PUT', '/v1/chat/completions', /POST/],
			['PUT', '/v1/chat/completions/some-id', /POST/],
			['PATCH', '/healthz', /GET/]];
		for (const [method, path, allow] of cases) {
			const r = await call(site, path, { method });
			const e = errorOf(r, 405);
			assert.equal(e.code, 'method_not_supported');
			assert.match(r.headers.allow, allow);
		}
	}

	async function mounts() {
		for (const path of ['/v1/models/', '//v1//models', '/v1/models?x=1',
			'/kimi/v1/models', '/cgi-bin/kimi.cgi/v1/models',
			'/a/b/c/v1/models', '/v1/v1/models', '/v1/%6dodels',
			'/models', '/v1/./models', '/v1/x/../models']) {
			const r = await call(site, path);
			assert.equal(r.status, 200, `${path}: ${r.text}`);
			assert.equal(r.json.object, 'list', path);
		}
	}

	async function chats() {
		for (const path of ['/v1/chat/completions/', '/chat/completions',
			'/kimi/v1/chat/completions', '/v1/v1/chat/completions',
			'/v1/chat/completions?beta=true'])
			assert.match(answerOf(await chat(site, say('hello'),
				{ path })), /fake Kimi/, path);
	}

	async function origins() {
		site.configure({ KIMI_CORS_ORIGINS:
			'https://one.example, https://two.example' });
		await site.restart();
		const from = async (origin, method) =>
			(await call(site, '/v1/models',
				{ method, headers: { origin } })).headers;
		for (const method of ['GET', 'OPTIONS']) {
			const mine = await from('https://two.example', method);
			assert.equal(mine['access-control-allow-origin'],
				'https://two.example');
			assert.match(mine.vary, /origin/i);
			const other = await from('https://three.example', method);
			assert.equal(other['access-control-allow-origin'],
				undefined);
		}
	}
});
