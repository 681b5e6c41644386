// SPDX-License-Identifier: MIT
// The programs of `make static`: on a host of which they find nothing but its
// kernel, its certificates and its name servers.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startFake } from './lib/fake.mjs';
import { cgi } from './lib/gateway.mjs';
import { chat, say, stream } from './lib/http.mjs';
import { build, copy, folder, give, put, root } from './lib/process.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, finished } from './lib/suite.mjs';

const architectures = { amd64: ['Advanced Micro Devices X86-64', 'x64'],
	arm64: ['AArch64', 'arm64'] };
const programs = ['kimi.cgi', 'kimi.fcgi'];
const MAX_BYTES = 6 * 1024 * 1024;
const asRoot = process.getuid() === 0;

const folderOf = (arch) => path.join(root, 'build/static', arch);

// They are the same whichever build is tested.
function skip() {
	if (/asan|tsan/.test(build))
		return 'these programs have no sanitizer: see the other build';
	return Object.keys(architectures).every((arch) => programs.every((name) =>
		fs.existsSync(path.join(folderOf(arch), name))))
		? false : '`make static` has not been run';
}

const native = Object.keys(architectures).find((arch) =>
	architectures[arch][1] === process.arch);

test('each static program is one file', { skip: skip() }, () => {
	for (const [arch, [machine]] of Object.entries(architectures))
		for (const name of programs) {
			const file = path.join(folderOf(arch), name);
			const elf = execFileSync('readelf', ['-hldW', file],
				{ encoding: 'utf8' });
			assert.match(elf, new RegExp(`Machine: +${machine}`));
			assert.doesNotMatch(elf, /INTERP|NEEDED/, file);
			assert.doesNotMatch(elf, /GNU_STACK.*E /, file);
			assert.ok(fs.statSync(file).size <= MAX_BYTES,
				`${file} has ${fs.statSync(file).size} bytes`);
		}
	const notice = fs.readFileSync(
		path.join(root, 'build/static/NOTICE'), 'utf8');
	for (const name of ['curl', 'openssl', 'sqlite3', 'cjson', 'libfcgi',
		'nettle', 'musl'])
		assert.match(notice, new RegExp(`^===== ${name} =====$`, 'm'));
	// In full: Debian's own notices name files of Debian.
	for (const title of [/^ +Apache License\n +Version 2\.0/m,
		/^\s*GNU LESSER GENERAL PUBLIC LICENSE$/m,
		/^\s*GNU GENERAL PUBLIC LICENSE$/m])
		assert.match(notice, title);
});

// --- A system of its own

const NAME = 'kimi.test';

// A folder as a root: the program and what `files` names, no more.
function system(program, files) {
	const dir = folder('static');
	const place = (name) => {
		fs.mkdirSync(path.join(dir, path.dirname(name)), { recursive: true });
		return path.dirname(name);
	};
	fs.chmodSync(dir, 0o755);
	fs.mkdirSync(path.join(dir, 'data'));
	give(path.join(dir, 'data'));
	copy(program, dir, 'kimi.cgi', 0o755);
	for (const [name, text] of Object.entries(files))
		put(path.join(dir, place(name)), path.basename(name), text);
	return dir;
}

// A program that runs kimi.cgi with that root as its own.
function entrance(dir) {
	const outside = folder('entrance');
	fs.chmodSync(outside, 0o755);
	return put(outside, 'enter', `#!/bin/sh\nexec ${asRoot
		? 'chroot --userspec=65534:65534' : 'unshare -r -R'} ${dir} /kimi.cgi\n`,
	0o755);
}

// Why nobody may enter another root here; false if that is possible.
function locked() {
	if (asRoot || spawnSync('unshare', ['-r', '-R', '/', 'true']).status === 0)
		return false;
	return 'needs root, or namespaces for everyone';
}

const chatOf = (more) => JSON.stringify({ model: 'kimi-k3', messages: [
	{ role: 'user', content: 'Are you there?' }], ...more });

// CGI variables and settings of a chat with the fake Kimi at `url`.
const environment = (url, body, more) => ({
	REQUEST_URI: '/v1/chat/completions', GATEWAY_INTERFACE: 'CGI/1.1',
	REMOTE_ADDR: '127.0.0.1', CONTENT_LENGTH: Buffer.byteLength(body),
	HTTP_AUTHORIZATION: 'Bearer sk-test', DEFAULT_AUTHKEYS: 'sk-test',
	KIMI_TOKENS: 'platform:sk-of-the-test', MOONSHOT_URL: url,
	KIMI_DB: '/data/kimi.db', ...more });

const rows = (db) => JSON.parse(execFileSync('sqlite3', ['-json', db,
	'SELECT status, stream, completion_tokens > 0 AS counted FROM requests'],
{ encoding: 'utf8' }) || '[]');

function replied(r) {
	assert.equal(r.status, 200, r.text + r.errors);
	assert.match(JSON.parse(r.text).choices[0].message.content,
		/^This is the fake Kimi/);
}

// A plain chat, a streamed one, and what the database says of them.
async function chats(ask, db) {
	replied(await ask(chatOf()));
	const streamed = await ask(chatOf({ stream: true }));
	assert.equal(streamed.status, 200, streamed.text + streamed.errors);
	assert.ok(streamed.text.match(/^data: \{/gm).length > 3, streamed.text);
	assert.match(streamed.text, /^data: \[DONE\]$/m);
	assert.deepEqual(rows(db), [{ status: 'done', stream: 0, counted: 1 },
		{ status: 'done', stream: 1, counted: 1 }]);
}

// --- A Kimi over TLS, at a name that only that system knows

function certify() {
	const dir = folder('certificate');
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem',
		'-out', 'cert.pem', '-days', '2', '-subj', `/CN=${NAME}`,
		'-addext', `subjectAltName=DNS:${NAME}`], { cwd: dir, stdio: 'pipe' });
	['key.pem', 'cert.pem'].forEach((name) => give(path.join(dir, name)));
	const hash = execFileSync('openssl', ['x509', '-hash', '-noout', '-in',
		'cert.pem'], { cwd: dir, encoding: 'utf8' }).trim();
	return { dir, hash, cert: path.join(dir, 'cert.pem'),
		key: path.join(dir, 'key.pem'),
		text: fs.readFileSync(path.join(dir, 'cert.pem')) };
}

// A name server on port 53 of that address, which knows one name.
async function nameServer(address) {
	const asked = [];
	const server = dgram.createSocket('udp4');
	const question = Buffer.concat([...NAME.split('.').map((label) =>
		Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0])]);
	server.on('message', (query, from) => {
		const known = query.subarray(12, 12 + question.length)
			.equals(question);
		const end = 12 + question.length + 4;
		const wantsA = known && query.readUInt16BE(end - 4) === 1;
		const reply = Buffer.concat([query.subarray(0, end), wantsA
			? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4,
				127, 0, 0, 1]) : Buffer.alloc(0)]);
		reply.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
		reply.writeUInt16BE(wantsA ? 1 : 0, 6);
		reply.writeUInt32BE(0, 8);
		asked.push(known);
		server.send(reply, from.port, from.address);
	});
	await new Promise((resolve, reject) => {
		server.once('error', reject);
		server.bind(53, address, resolve);
	});
	return { asked, stop: () => server.close() };
}

const HOSTS = { '/etc/hosts': `127.0.0.1 localhost ${NAME}\n` };
const DEBIAN = '/etc/ssl/certs/ca-certificates.crt';

// Where systems have their certificates, in a file or below a hash.
const FILES = [DEBIAN, '/etc/pki/tls/certs/ca-bundle.crt',
	'/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
	'/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem',
	'/usr/local/share/certs/ca-root-nss.crt'];
const FOLDERS = ['/etc/ssl/certs', '/etc/openssl/certs',
	'/etc/pki/ca-trust/extracted/pem/directory-hash'];

test('static kimi.cgi over TLS', { skip: skip() }, async (t) => {
	const tls = certify();
	const dir = folder('kimi');
	const fake = await startFake(dir, tls);
	const url = `https://${NAME}:${fake.port}/v1`;
	const program = path.join(folderOf(native), 'kimi.cgi');
	// A request inside of a root with these files.
	const inside = (files) => {
		const top = system(program, files);
		const enter = entrance(top);
		return { db: path.join(top, 'data/kimi.db'), ask: (body, more) =>
			cgi(enter, { ...environment(url, body, more),
				PATH: process.env.PATH }, body, {}) };
	};
	try {
		await t.test('chats in an empty root', { skip: locked() },
			async () => {
				const { ask, db } = inside({ ...HOSTS, [DEBIAN]: tls.text });
				await chats(ask, db);
			});
		await t.test('asks the name server of resolv.conf', { skip: asRoot
			? false : 'only root may be a name server' }, async (t) => {
			const address = `127.53.${process.pid >> 8 & 255}.53`;
			const server = await nameServer(address).catch((e) =>
				t.skip(`another name server is in the way: ${e.code}`));
			if (!server)
				return;
			try {
				const { ask } = inside({ [DEBIAN]: tls.text,
					'/etc/resolv.conf': `nameserver ${address}\n` });
				replied(await ask(chatOf()));
				assert.ok(server.asked.includes(true));
			} finally {
				server.stop();
			}
		});
		await t.test('finds certificates in the usual places',
			{ skip: locked() }, async () => {
				const places = [...FILES,
					...FOLDERS.map((each) => `${each}/${tls.hash}.0`)];
				await Promise.all(places.map(async (place) => {
					const { ask } = inside({ ...HOSTS, [place]: tls.text });
					replied(await ask(chatOf()));
				}));
			});
		await t.test('refuses a certificate that nobody vouches for',
			{ skip: locked() }, async () => {
				const r = await inside(HOSTS).ask(chatOf());
				assert.equal(r.status, 502, r.text);
			});
		for (const [arch, [, name]] of Object.entries(architectures))
			if (arch !== native)
				await t.test(`chats on ${arch}`, async () => {
					await foreign(arch, name === 'arm64' ? 'aarch64'
						: 'x86_64', tls, url);
				});
	} finally {
		await fake.stop();
	}
});

// QEMU takes files from its folder where they are in it.
async function foreign(arch, machine, tls, url) {
	const top = system(path.join(folderOf(arch), 'kimi.cgi'),
		{ ...HOSTS, [DEBIAN]: tls.text });
	const db = path.join(top, 'data/kimi.db');
	const enter = put(top, 'enter', `#!/bin/sh\nexec qemu-${machine} -L ${
		top} ${top}/kimi.cgi\n`, 0o755);
	await chats((body) => cgi(enter, { ...environment(url, body),
		PATH: process.env.PATH, KIMI_DB: db }, body), db);
}

// --- Behind web servers

for (const mount of ['apache_cgi', 'apache_mod_fcgid', 'lighttpd_cgi',
	'lighttpd_fastcgi'])
	test(`static program behind ${mount}`, { skip: skip() }, async () => {
		const site = await startSite(mount,
			{ programs: folderOf(native) });
		try {
			const r = await chat(site, say('hello'));
			assert.match(answerOf(r), /^This is the fake Kimi/);
			const s = await finished(await stream(site, say('hello')));
			assert.match(s.text, /^This is the fake Kimi/);
			for (const id of [r.headers['x-request-id'],
				s.headers['x-request-id']])
				assert.equal((await site.row(id)).status, 'done');
		} finally {
			await site.stop();
		}
	});
