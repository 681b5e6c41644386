// SPDX-License-Identifier: MIT
// kimi.fcgi's socket against peers that speak FastCGI badly: whatever they send,
// the same process goes on serving, and keeps nothing of theirs.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { slack, until } from './lib/process.mjs';
import { chat, say } from './lib/http.mjs';
import { header, pair, record, sizeOf } from './lib/gateway.mjs';
import { Random } from '../torture/random.mjs';
import { answerOf, withSite } from './lib/suite.mjs';

const BEGIN = 1, ABORT = 2, PARAMS = 4, STDIN = 5, DATA = 8, GET_VALUES = 9;
const NONE = Buffer.alloc(0);

const bodyOf = (role = 1, flags = 0) => Buffer.from([0, role, flags, 0, 0, 0,
	0, 0]);
const begin = (more) => record(BEGIN, bodyOf(), more);
const params = (all) => Buffer.concat(Object.entries(all).map(([k, v]) =>
	pair(k, v)));
const health = params({ REQUEST_METHOD: 'GET', REQUEST_URI: '/healthz' });
const text = JSON.stringify(say('hello'));
const post = (more) => params({ REQUEST_METHOD: 'POST',
	REQUEST_URI: '/v1/chat/completions', HTTP_AUTHORIZATION: 'Bearer sk-test',
	CONTENT_TYPE: 'application/json', CONTENT_LENGTH: text.length, ...more });
const paramsOf = (bytes) => [record(PARAMS, bytes), record(PARAMS, NONE)];
const stdin = (bytes) => [record(STDIN, Buffer.from(bytes)),
	record(STDIN, NONE)];
const all = (...parts) => Buffer.concat(parts.flat());

// Lengths as they would be before a name and a value that are not there.
const claims = (name, value) => [begin(), ...paramsOf(Buffer.concat([
	sizeOf(name), sizeOf(value), Buffer.alloc(60, 'x')]))];

// Noise in which every length has one byte. At two lengths whose sum is beyond
// 2 GiB libfcgi itself ends the process: no web server takes headers like that,
// and others cannot open the socket.
const short = (bytes) => bytes.map((b) => b & 127);

// Each gives the bytes of one connection.
const peers = {
	'nothing': () => NONE,
	'noise': (r) => r.bytes(r.between(4, 4000)),
	'another version': () => all(header(BEGIN, 8, { version: 7 }), bodyOf()),
	'a header that is cut': (r) => begin().subarray(0, r.between(1, 7)),
	'a body that is cut': (r) => begin().subarray(0, r.between(8, 15)),
	'an unknown role': (r) => all(record(BEGIN, bodyOf(r.between(2, 255))),
		paramsOf(health), stdin('')),
	'a short beginning': (r) => all(record(BEGIN,
		bodyOf().subarray(0, r.below(8))), paramsOf(health)),
	'a long beginning': () => all(record(BEGIN, Buffer.alloc(65535, 1)),
		paramsOf(health)),
	'two beginnings': () => all(begin(), begin(), paramsOf(health), stdin('')),
	'no beginning': () => all(paramsOf(health), stdin('')),
	'two requests at once': () => all(begin(), begin({ id: 2 }),
		record(PARAMS, health, { id: 2 }), paramsOf(health),
		record(PARAMS, NONE, { id: 2 }), stdin(''),
		record(STDIN, NONE, { id: 2 })),
	'records of another request': (r) => all(begin(),
		record(PARAMS, health, { id: r.between(2, 65535) }),
		paramsOf(health), record(STDIN, Buffer.from('x'), { id: 9 }),
		stdin('')),
	'the request number 0': () => all(begin({ id: 0 }),
		record(PARAMS, health, { id: 0 })),
	'unknown records': (r) => all(begin(), record(r.between(12, 255),
		r.bytes(100)), paramsOf(health), stdin('')),
	'questions for values': () => all(record(GET_VALUES, params({
		FCGI_MAX_CONNS: '', FCGI_MPXS_CONNS: '', OTHER: 'x' }), { id: 0 }),
	begin(), paramsOf(health), stdin('')),
	'padding that does not come': () => all(begin(), record(PARAMS, health,
		{ padding: 255 })),
	'padding everywhere': (r) => all(...[begin(), ...paramsOf(health),
		...stdin('')].map((b) => all(header(b[1], b.length - 8,
		{ padding: 200 }), b.subarray(8), r.bytes(200)))),
	'a name longer than everything': () => all(claims(0x7ffffff0, 4)),
	'a value longer than everything': () => all(claims(4, 0x7ffffff0)),
	'lengths that are cut': (r) => all(begin(), paramsOf(
		Buffer.from([0x80, 0, 0, 9].slice(0, r.between(1, 3))))),
	'parameters in single bytes': () => all(begin(), ...[...health]
		.map((b) => record(PARAMS, Buffer.from([b]))),
	record(PARAMS, NONE), stdin('')),
	'noise as parameters': (r) => all(begin(), paramsOf(
		short(r.bytes(r.between(4, 3000)))), stdin('')),
	'parameters without an end': () => all(begin(), record(PARAMS, health)),
	'ten thousand parameters': () => all(begin(), ...Array.from(
		{ length: 100 }, (_, i) => record(PARAMS, params(
			Object.fromEntries(Array.from({ length: 100 }, (_, j) =>
				[`HTTP_X_${i}_${j}`, 'x'.repeat(j)]))))),
	paramsOf(health), stdin('')),
	'a parameter of 1 MB': () => all(begin(), ...piecesOf(all(
		sizeOf(11), sizeOf(1 << 20), Buffer.from('HTTP_COOKIE'),
		Buffer.alloc(1 << 20, 'c')))
		.map((piece) => record(PARAMS, piece)), paramsOf(health),
	stdin('')),
	'names without a value': () => all(begin(), paramsOf(all(pair('', ''),
		pair('', 'x'), pair('=', '='), pair('A=B', ''), health)), stdin('')),
	'a NUL in values': () => all(begin(), paramsOf(params({
		REQUEST_METHOD: 'GE\0T', REQUEST_URI: '/v1/mod\0els' })), stdin('')),
	'a length of a body that is none': (r) => all(begin(), paramsOf(post({
		CONTENT_LENGTH: r.pick(['-1', '1e9', '0x10', '99999999999999999999',
			'', ' 4', '4 ', '2147483648', 'x']) })), stdin(text)),
	'a body that is cut off': (r) => all(begin(), paramsOf(post()),
		record(STDIN, Buffer.from(text.slice(0, r.below(text.length))))),
	'a longer body than it said': () => all(begin(), paramsOf(post({
		CONTENT_LENGTH: 9 })), stdin(text)),
	'a body before the parameters': () => all(begin(), stdin(text),
		paramsOf(post())),
	'records of a filter': () => all(begin(), paramsOf(post()),
		record(DATA, Buffer.from(text)), record(DATA, NONE), stdin(text)),
	'an abort at once': () => all(begin(), record(ABORT, NONE)),
	'an abort within parameters': () => all(begin(), record(PARAMS,
		health.subarray(0, 9)), record(ABORT, NONE)),
	'an abort within a body': () => all(begin(), paramsOf(post()),
		record(STDIN, Buffer.from(text.slice(0, 9))), record(ABORT, NONE)),
	'an abort of another request': () => all(begin(), record(ABORT, NONE,
		{ id: 77 }), paramsOf(health), stdin('')),
	'an abort behind the request': () => all(begin(), paramsOf(post()),
		stdin(text), record(ABORT, NONE)),
};

// libfcgi loses 48 bytes at each, which a sanitizer reports.
if (slack === 1)
	peers['unknown management records'] = (r) => all(record(
		r.between(10, 255), r.bytes(r.between(0, 300)), { id: 0 }), begin(),
	paramsOf(health), stdin(''));

function piecesOf(bytes) {
	const pieces = [];
	for (let at = 0; at < bytes.length; at += 60000)
		pieces.push(bytes.subarray(at, at + 60000));
	return pieces;
}

// Sends the bytes, in one or many writes, and then closes, half or fully, or
// waits for the program to close.
function play(socket, bytes, random) {
	const how = random.pick(['end', 'destroy', 'end']);
	const cut = random.chance(0.3) ? random.below(bytes.length + 1) : 0;
	return new Promise((resolve) => {
		const s = net.connect(socket);
		s.on('error', resolve).on('close', resolve).resume();
		if (cut > 0)
			s.write(bytes.subarray(0, cut));
		s.write(bytes.subarray(cut), () => {
			if (how === 'destroy')
				setTimeout(() => s.destroy(), random.below(5));
			else
				s.end();
		});
	});
}

const ROUNDS = Math.ceil(10 / slack); // of each

withSite('FastCGI records', 'nginx', {}, async (check, site) => {
	const socket = path.join(site.dir, 'kimi.sock');
	const { pid } = site.daemon;
	const seed = Math.floor(Math.random() * 1e9);
	const random = new Random(seed);
	// Connections that were accepted have the name of the socket, too.
	const held = () => ({
		threads: fs.readdirSync(`/proc/${pid}/task`).length,
		sockets: fs.readFileSync('/proc/net/unix', 'utf8').split('\n')
			.filter((line) => line.includes(socket)).length });

	answerOf(await chat(site, say('hello')));
	const rest = held();
	for (const [name, bytesOf] of Object.entries(peers))
		await check(`it survives ${name}`, async (t) => {
			t.diagnostic(`seed ${seed}`);
			await Promise.all(Array.from({ length: ROUNDS }, () =>
				play(socket, bytesOf(random), random)));
			answerOf(await chat(site, say('hello')));
			assert.deepEqual(site.programs(), [pid]);
		});
	await check('it survives all of them at once', async () => {
		await Promise.all(Object.values(peers).flatMap((bytesOf) =>
			Array.from({ length: ROUNDS }, () =>
				play(socket, bytesOf(random), random))));
		answerOf(await chat(site, say('hello')));
		assert.deepEqual(site.programs(), [pid]);
	});
	await check('no connection and no thread of theirs is left', async () => {
		await until('as few as at rest', () =>
			held().threads <= rest.threads
			&& held().sockets <= rest.sockets);
		const rows = await site.query(`SELECT * FROM requests
			WHERE status = 'running'`);
		assert.deepEqual(rows, []);
	});
});
