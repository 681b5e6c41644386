// SPDX-License-Identifier: MIT
// Connections to Kimi: verified TLS, HTTP/2, kept alive, through the owner's
// proxy and never through one that a request names (httpoxy). The program runs
// as plain CGI, with the environment of the test.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { build, copy, folder, put, runAs, sleep } from './lib/process.mjs';
import { startSite } from './lib/site.mjs';
import { chat, say } from './lib/http.mjs';
import { answerOf } from './lib/suite.mjs';

const dir = folder('connections');
const program = copy(path.join(build, 'kimi.cgi'), dir, 'kimi.cgi', 0o755);
const openssl = (...args) => execFileSync('openssl', args, { cwd: dir,
	stdio: ['ignore', 'pipe', 'ignore'] });

// A certificate for localhost, a folder that trusts it, and one that does not.
openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
	'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem',
	'-out', 'cert.pem', '-days', '2', '-subj', '/CN=localhost',
	'-addext', 'subjectAltName=DNS:localhost');
for (const name of ['trusted', 'empty'])
	fs.mkdirSync(path.join(dir, name), { mode: 0o755 });
copy(path.join(dir, 'cert.pem'), path.join(dir, 'trusted'));
openssl('rehash', 'trusted');

const answer = 'data: {"choices":[{"index":0,"delta":{"content":"Hello"},'
	+ '"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

const PIECES = 2000, PIECE = 'x'.repeat(1000);

// Many pieces, in bursts that fill every buffer on the way.
async function answerAtLength(res) {
	for (let i = 0; i < PIECES; i++) {
		res.write('data: {"choices":[{"index":0,"delta":{"content":"'
			+ `${PIECE}"}}]}\n\n`);
		if (i % 100 === 0)
			await sleep(10);
	}
	res.end(answer);
}

// What stops the server, whoever still has a connection to it.
function stopOf(server) {
	const sockets = new Set();
	server.on('connection', (socket) => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
	});
	return () => new Promise((resolve) => {
		server.close(resolve);
		for (const socket of sockets)
			socket.destroy();
	});
}

// A Kimi that records how it was reached. A long request gets a long reply.
async function startKimi(create = (options, listener) =>
	http2.createSecureServer({ allowHTTP1: true, ...options }, listener)) {
	const seen = { versions: [], sessions: 0 };
	const server = create({
		key: fs.readFileSync(path.join(dir, 'key.pem')),
		cert: fs.readFileSync(path.join(dir, 'cert.pem')) }, (req, res) => {
		let size = 0;
		seen.versions.push(req.httpVersion);
		req.on('data', (piece) => size += piece.length);
		req.on('end', () => {
			res.setHeader('content-type', 'text/event-stream');
			if (size > PIECES * PIECE.length)
				answerAtLength(res);
			else
				res.end(answer);
		});
	});
	const stop = stopOf(server);
	server.on('secureConnection', () => seen.sessions++);
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { seen, port: server.address().port, stop };
}

// A proxy that supports CONNECT and records what it was asked for.
async function startProxy() {
	const asked = [];
	const server = http.createServer((req, res) => {
		asked.push(`${req.method} ${req.url}`);
		res.writeHead(502).end();
	});
	server.on('connect', (req, socket, head) => {
		asked.push(`CONNECT ${req.url}`);
		const [, port] = req.url.split(':');
		const peer = net.connect(Number(port), '127.0.0.1', () => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			peer.write(head);
			peer.pipe(socket).pipe(peer);
		});
		peer.on('error', () => socket.destroy());
		socket.on('error', () => peer.destroy());
	});
	const stop = stopOf(server);
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { asked, url: `http://127.0.0.1:${server.address().port}`, stop };
}

// The CGI response to one request, with these settings and variables.
function ask(url, env = {}, content = 'Hi') {
	const body = JSON.stringify({ model: 'kimi-k3', messages: [
		{ role: 'user', content }] });
	const child = spawn(program, [], { ...runAs, cwd: dir, env: {
		PATH: process.env.PATH, ASAN_OPTIONS: process.env.ASAN_OPTIONS || '',
		REQUEST_METHOD: 'POST', REQUEST_URI: '/v1/chat/completions',
		CONTENT_LENGTH: String(Buffer.byteLength(body)),
		GATEWAY_INTERFACE: 'CGI/1.1', REMOTE_ADDR: '127.0.0.1',
		HTTP_AUTHORIZATION: 'Bearer sk-test', DEFAULT_AUTHKEYS: 'sk-test',
		KIMI_TOKENS: 'platform:sk-of-the-test', MOONSHOT_URL: url,
		KIMI_DB: path.join(dir, 'kimi.db'),
		KIMI_CA_PATH: path.join(dir, 'trusted'), ...env },
	stdio: ['pipe', 'pipe', 'pipe'] });
	let out = '';
	child.stdout.on('data', (p) => out += p);
	child.stderr.on('data', (p) => out += p);
	child.stdin.end(body);
	return new Promise((resolve) => child.on('close', () => resolve(out)));
}

const answered = (out) => assert.match(out, /"content":"Hello"/);
function refused(out) {
	assert.match(out, /^Status: 502 /m);
	assert.match(out, /could not be reached/);
}

const protocols = { 'HTTP/2': undefined, 'HTTP/1.1': https.createServer };

for (const [name, create] of Object.entries(protocols))
	test(`a long request and a long reply over ${name}`, async () => {
		const kimi = await startKimi(create);
		try {
			const out = await ask(`https://localhost:${kimi.port}/v1`,
				{ KIMI_READ_TIMEOUT: '20' }, 'y'.repeat(2 * PIECES
					* PIECE.length));
			assert.match(out, /^Status: 200/m, out.slice(-500));
			assert.ok(out.includes(`"content":"${PIECE.repeat(PIECES)}Hello"`));
			assert.match(name, new RegExp(`/${kimi.seen.versions[0]
				.replace('.0', '')}$`));
		} finally {
			await kimi.stop();
		}
	});

test('connections', { concurrency: false }, async (t) => {
	const kimi = await startKimi();
	const proxy = await startProxy();
	const url = `https://localhost:${kimi.port}/v1`;
	const target = `CONNECT localhost:${kimi.port}`;

	put(dir, 'nothing', '');
	await t.test('a trusted certificate is accepted', async () => {
		answered(await ask(url));
	});
	await t.test('so is one from a file of certificates', async () => {
		answered(await ask(url, { KIMI_CA_PATH: path.join(dir, 'cert.pem') }));
	});
	await t.test('HTTP/2 is used where it is offered', () => {
		assert.equal(kimi.seen.versions.at(-1), '2.0');
	});
	await t.test('an unknown certificate is refused', async () => {
		const before = kimi.seen.versions.length;
		const out = await ask(url, { KIMI_CA_PATH: path.join(dir, 'empty') });
		refused(out);
		assert.match(out, /install the package ca-certificates/);
		assert.match(out, /set KIMI_CA_PATH\."/);
		assert.equal(kimi.seen.versions.length, before);
	});
	await t.test('a certificate for another name is refused', async () => {
		const before = kimi.seen.versions.length;
		refused(await ask(url.replace('localhost', '127.0.0.1')));
		assert.equal(kimi.seen.versions.length, before);
	});
	for (const name of ['HTTPS_PROXY', 'ALL_PROXY'])
		await t.test(`${name} is honoured`, async () => {
			proxy.asked.length = 0;
			answered(await ask(url, { [name]: proxy.url }));
			assert.deepEqual(proxy.asked, [target]);
		});
	await t.test('a proxy named by a request is not used', async () => {
		proxy.asked.length = 0;
		answered(await ask(url, { HTTP_PROXY: proxy.url,
			HTTP_HTTPS_PROXY: proxy.url }));
		assert.deepEqual(proxy.asked, []);
	});
	await t.test('plain HTTP to this machine uses no proxy', async () => {
		proxy.asked.length = 0;
		const plain = http.createServer((req, res) => {
			req.resume().on('end', () => res.end(answer));
		});
		await new Promise((resolve) => plain.listen(0, '127.0.0.1', resolve));
		answered(await ask(`http://127.0.0.1:${plain.address().port}/v1`,
			{ HTTP_PROXY: proxy.url, http_proxy: proxy.url,
				ALL_PROXY: proxy.url }));
		assert.deepEqual(proxy.asked, []);
		plain.close();
	});
	await proxy.stop();
	await kimi.stop();
});

test('a daemon reuses its connection to Kimi', async () => {
	let connections = 0;
	const kimi = http.createServer((req, res) => {
		req.resume().on('end', () => res.end(answer));
	});
	kimi.on('connection', () => connections++);
	await new Promise((resolve) => kimi.listen(0, '127.0.0.1', resolve));
	const site = await startSite('lighttpd_fastcgi', { settings: {
		MOONSHOT_URL: `http://127.0.0.1:${kimi.address().port}/v1` } });

	try {
		for (let i = 0; i < 4; i++) {
			answerOf(await chat(site, say('hello', { model: 'kimi-k3' })));
			// A worker that is still cleaning up would leave the next request to another.
			await sleep(200);
		}
		assert.equal(connections, 1);
	} finally {
		await site.stop();
		kimi.closeAllConnections?.();
		kimi.close();
	}
});
