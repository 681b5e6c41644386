// SPDX-License-Identifier: MIT
// Which paths web servers pass on to the program, and that they serve none of
// its files themselves.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { build, copy, put, root } from './process.mjs';
import { call, chat, say } from './http.mjs';

// [method, path] of each route that kimi-api(7) lists.
function documented() {
	const page = fs.readFileSync(path.join(root, 'cgi/kimi-api.7'), 'utf8');
	const routes = [...page.matchAll(/^\.It Li ([A-Z]+) (\/.*)$/gm)]
		.map(([, method, at]) => [method, at.replace(/{.*?}/g, 'x')]);
	assert.ok(routes.length > 30, `${routes.length} routes`);
	return routes;
}

async function answers(site, at, method) {
	const r = await call(site, at, { method, key: '',
		...(method === 'POST' ? { body: {} } : {}) });
	const ours = r.headers['x-request-id'] !== undefined;
	// Those without a key and without an id in them.
	if (ours && /^(\/kimi|\/site)?\/(v1\/?|health|healthz|api\/hello)?$/.test(at))
		assert.equal(r.status, 200, `${method} ${at} ${r.text}`);
	return ours;
}

// Several at a time, as CGI takes long.
async function each(list, fn) {
	const left = [...list];
	await Promise.all(Array.from({ length: 6 }, async () => {
		while (left.length)
			await fn(left.shift());
	}));
}

export async function passesOnRoutes(site) {
	const bases = site.mount.prefix ? ['/kimi', site.mount.prefix]
		: ['', '/kimi'];
	const routes = [...documented(), ['HEAD', '/api/hello'],
		['GET', '/v1'], ['GET', '/v1/'], ['GET', '/c/x/v1/models'],
		['POST', '/c/x/v1/chat/completions'], ['OPTIONS', '/v1/models']];
	await each(bases.flatMap((base) => routes.map(([method, at]) =>
		[method, base + at])), async ([method, at]) => {
		// The page of the host itself is not ours.
		assert.equal(await answers(site, at, method), at !== '/',
			`${method} ${at}`);
	});
	for (const at of ['/healthy', '/health.html', '/health/page', '/healthz/x',
		'/api', '/api/hellox', '/api/hello/x',
		'/v1x', '/v10/models', '/cx/y'])
		assert.equal(await answers(site, (site.mount.prefix || '') + at,
			'GET'), false, at);
}

const mark = 'bytes-of-a-file-that-is-never-served';
const names = ['kimi.cgi', 'kimi.fcgi', 'kimi.conf', 'kimi.key', 'kimi.db',
	'kimi.db-wal', 'kimi.log'];
const folders = ['/', '/kimi/', '/site/', '/v1/', '/kimi/v1/', '/c/x/',
	'/healthz/', '/api/hello/'];
const tricks = ['', 'kimi.cgi/', 'kimi.fcgi/x', 'kimi.cgi/v1/../../kimi.conf',
	'kimi.conf/', '../kimi.conf', '../../kimi.conf', '../kimi/kimi.conf',
	'.%2e/kimi/kimi.conf', '%2e%2e/kimi.conf', '%2e%2e%2fkimi%2fkimi.conf',
	'..%2fkimi.conf', '..;/kimi/kimi.conf', './kimi.conf', 'kimi%2econf',
	'kimi.conf%00', 'kimi.conf.', '../kimi/kimi.cgi', '../kimi.fcgi',
	'../data/kimi.db', '../kimi.log', '/kimi.conf', '%2fkimi.conf'];

// The folder of the program gets all that may lie there.
function litter(site) {
	for (const name of names)
		if (!fs.existsSync(path.join(site.kimi, name)))
			if (/cgi$/.test(name))
				copy(path.join(build, name), site.kimi, name, 0o755);
			else
				put(site.kimi, name, `SQLite format 3\0${mark}`);
}

// However the web server reads a path, a client gets errors or replies of the
// program, but neither its bytes nor its settings.
export async function servesNoFiles(site) {
	litter(site);
	const sizes = names.map((name) =>
		String(fs.statSync(path.join(site.kimi, name)).size));
	const requests = [
		...folders.flatMap((folder) => [...names, ...tricks].map((name) =>
			['GET', folder + name])),
		...['/', '/kimi/', '/v1/'].flatMap((folder) => names.flatMap((name) =>
			[['HEAD', folder + name], ['POST', folder + name]])),
		...['', '/v1', '/kimi', '/kimi/v1', '/site', '/c', '/healthz']
			.flatMap((at) => [['HEAD', at || '/'], ['POST', at || '/']]),
	];
	await each(requests, async ([method, at]) => {
		const r = await call(site, at, { method, key: '',
			...(method === 'POST' ? { body: '{}' } : {}) });
		const text = r.bytes.subarray(0, 5000).toString('latin1');
		assert.ok(!/ELF|SQLite format|KIMI_\w+=/.test(text)
			&& !text.includes(mark), `${method} ${at} is served`);
		assert.ok(r.status >= 300
			|| !sizes.includes(r.headers['content-length']),
		`${method} ${at} has the length of a file`);
	});
}

// What .htaccess refuses, in whatever folder it may be.
export async function hides(site) {
	for (const name of [...names.slice(1), 'kimi.conf/', 'KIMI.CONF',
		'var/kimi.db-shm', 'kimi.db.vocabulary', '.htaccess'])
		assert.ok([403, 404].includes((await call(site,
			`/kimi/${name}`)).status), name);
	// Such names are fine in a conversation's id.
	const r = await chat(site, say('hello'),
		{ path: '/kimi/v1/chat/completions/my.conf' });
	assert.equal(r.status, 200);
}

// A web server may pass the words of a query as arguments of a CGI program
// (RFC 3875, 4.4). Each of these is an answer of the API, as without a query.
export async function obeysNoQuery(site) {
	const queries = ['--help', '--version', '-h', 'help', 'version', 'key+list',
		'key+revoke+x', 'config+show', 'config+show+--json', 'status',
		'requests+--follow', '__complete+', 'db+vacuum+--yes',
		'--healthz+http://127.0.0.1:9/', 'key%20list', 'config=&show'];
	const at = site.mount.prefix || '';
	const get = (path) => call(site, at + path, { key: 'sk-test' });
	const plain = await get('/v1/models');
	assert.equal(plain.status, 200, plain.text);
	await each(queries, async (query) => {
		const r = await get(`/v1/models?${query}`);
		assert.deepEqual([r.status, r.json], [plain.status, plain.json], query);
		assert.ok(r.headers['x-request-id'], query);
	});
}
