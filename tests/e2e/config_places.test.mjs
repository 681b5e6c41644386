// SPDX-License-Identifier: MIT
// Where the program looks for kimi.conf, and where it makes no database.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cgi } from './lib/gateway.mjs';
import { build, copy, folder, give, put } from './lib/process.mjs';

const asRoot = process.getuid() === 0;

// The home of an owner: public_html/kimi/kimi.cgi, and what `files` names.
function home(files) {
	const dir = folder('places');
	const make = (sub) => sub.split('/').reduce((at, name) => {
		const to = path.join(at, name);
		if (!fs.existsSync(to)) {
			fs.mkdirSync(to);
			give(to);
		}
		return to;
	}, dir);
	copy(path.join(build, 'kimi.cgi'), make('public_html/kimi'), 'kimi.cgi',
		0o755);
	for (const [file, settings] of Object.entries(files))
		put(make(path.dirname(file)), path.basename(file),
			`DEBUG=1\nKIMI_TOKENS=platform:unused\nDEFAULT_AUTHKEYS=unused\n${
				settings}\n`, 0o600);
	return { dir, at: (file) => path.join(dir, file),
		exists: (file) => fs.existsSync(path.join(dir, file)),
		ask: (env = {}) => cgi(path.join(dir, 'public_html/kimi/kimi.cgi'), {
			REQUEST_URI: '/kimi/healthz', HTTP_AUTHORIZATION: 'Bearer unused',
			DOCUMENT_ROOT: path.join(dir, 'public_html'),
			ASAN_OPTIONS: process.env.ASAN_OPTIONS || '', ...env }) };
}

const MODELS = { REQUEST_URI: '/v1/models' };
const PRIVATE = 'kimi-private/kimi.conf';

// Which file a request took, from the log.
async function taken(h, env) {
	const r = await h.ask(env);
	assert.equal(r.status, 200, r.text + r.errors);
	return /Configuration file: (.*?)\. Database/.exec(r.errors)[1]
		.replace(`${h.dir}/`, '');
}

test('kimi-private beside the document root is found', async () => {
	const h = home({ [PRIVATE]: '' });
	assert.equal(await taken(h), PRIVATE);
	assert.ok(h.exists('kimi-private/kimi.db'));
	assert.equal(fs.statSync(h.at('kimi-private/kimi.db')).mode & 0o777,
		0o600);
	assert.deepEqual(fs.readdirSync(h.at('public_html/kimi')), ['kimi.cgi']);
});

test('the nearest file is taken, and one that is named before all', async () => {
	const db = (h) => `KIMI_DB=${h}/kimi.db`;
	const h = home({ [PRIVATE]: '' });
	const add = (file) => {
		fs.mkdirSync(path.dirname(h.at(file)), { recursive: true });
		put(path.dirname(h.at(file)), path.basename(file),
			`DEBUG=1\nKIMI_TOKENS=platform:unused\n${db(h.dir)}\n`, 0o600);
	};
	add('public_html/kimi/kimi.conf');
	assert.equal(await taken(h), 'public_html/kimi/kimi.conf');
	add('named.conf');
	assert.equal(await taken(h, { KIMI_CONFIG: h.at('named.conf') }),
		'named.conf');
	assert.ok(!h.exists('public_html/kimi/kimi.db'));
});

test('a file that others can read is refused, with what to do', async () => {
	const h = home({ [PRIVATE]: '' });
	for (const mode of [0o644, 0o640, 0o604, 0o620]) {
		fs.chmodSync(h.at(PRIVATE), mode);
		const r = await h.ask(MODELS);
		assert.equal(r.status, 503);
		assert.match(r.text, /kimi\.conf.*Set its mode to 0600/);
		assert.ok(!r.text.includes(h.dir), r.text);
		assert.ok(r.errors.includes(h.at(PRIVATE)), r.errors);
		assert.equal((await h.ask()).status, 503);
	}
	assert.ok(!h.exists('kimi-private/kimi.db'));
	// Named explicitly, it is the owner's choice.
	assert.equal(await taken(h, { KIMI_CONFIG: h.at(PRIVATE) }), PRIVATE);
});

test('a file of another user is refused', { skip: !asRoot
	&& 'only root can give a file to another user' }, async () => {
	const h = home({ [PRIVATE]: '' });
	fs.chownSync(h.at(PRIVATE), 1, 1);
	const r = await h.ask(MODELS);
	assert.equal(r.status, 503);
	assert.match(r.text, /belongs to another user/);
});

// As where CGI programs run as the web server's user.
test('a directory that it may not look into is named', async () => {
	const h = home({ [PRIVATE]: '' });
	fs.chmodSync(h.at('kimi-private'), 0);
	try {
		const r = await h.ask(MODELS);
		assert.equal(r.status, 503);
		assert.match(r.text, /runs as \S+, which may not look into kimi-private/);
		assert.doesNotMatch(r.text, /document root/);
		assert.ok(!r.text.includes(h.dir), r.text);
		assert.ok(r.errors.includes('kimi-private/kimi.conf'), r.errors);
	} finally {
		fs.chmodSync(h.at('kimi-private'), 0o700);
	}
	assert.equal(await taken(h), PRIVATE);
});

test('a file inside the document root is refused', async () => {
	const h = home({ [`public_html/${PRIVATE}`]: '' });
	const r = await h.ask(MODELS);
	assert.equal(r.status, 503);
	// Strangers could guess its URL.
	assert.doesNotMatch(r.text, /document root/);
	assert.match(r.errors, /inside the document root/);
	assert.ok(!h.exists('public_html/kimi-private/kimi.db'));
});

test('without a file no database is made beside the program', async () => {
	const h = home({});
	for (const env of [{}, { DOCUMENT_ROOT: '',
		CONTEXT_DOCUMENT_ROOT: h.at('public_html/kimi') }]) {
		assert.equal((await h.ask(env)).status, 503);
		const r = await h.ask({ ...MODELS, ...env });
		assert.equal(r.status, 503);
		assert.match(r.text, /no kimi\.conf.*KIMI_DB/);
		assert.match(r.text, /document root/);
		assert.doesNotMatch(r.text, /move/i);
	}
	assert.deepEqual(fs.readdirSync(h.at('public_html/kimi')), ['kimi.cgi']);
});

test('a document root that is everything does not count', async () => {
	const h = home({ [PRIVATE]: '' });
	assert.equal(await taken(h, { DOCUMENT_ROOT: '/' }), PRIVATE);
});
