// SPDX-License-Identifier: MIT
// The two programs without a web server: tests speak CGI and FastCGI to them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { runAs } from './process.mjs';

const BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6;

// What a program wrote: { status, text } with the body of the response.
function reply(bytes) {
	const out = bytes.toString();
	const cut = out.indexOf('\r\n\r\n');
	return { status: Number(/^Status: (\d+)/m.exec(out)?.[1]),
		text: out.slice(cut + 4) };
}

// Runs kimi.cgi with these variables, and `body` on standard input.
export function cgi(program, env, body = '', user = runAs) {
	const child = spawn(program, [], { ...user, cwd: '/', env: {
		REQUEST_METHOD: body ? 'POST' : 'GET', ...env },
	stdio: ['pipe', 'pipe', 'pipe'] });
	const out = [];
	let errors = '';
	child.stdout.on('data', (p) => out.push(p));
	child.stderr.on('data', (p) => errors += p);
	child.stdin.on('error', () => {});
	child.stdin.end(body);
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', () => resolve({ ...reply(Buffer.concat(out)),
			errors }));
	});
}

// A record's header; hostile peers lie in it.
export function header(type, length, { id = 1, padding = 0, version = 1 } = {}) {
	return Buffer.from([version, type, id >> 8, id & 255, length >> 8,
		length & 255, padding, 0]);
}

export const record = (type, content, more) => Buffer.concat([
	header(type, content.length, more), content]);

// A length in four bytes.
export function sizeOf(length) {
	const n = Buffer.alloc(4);
	n.writeUInt32BE((length | 0x80000000) >>> 0);
	return n;
}

// A parameter.
export function pair(name, value) {
	const [n, v] = [Buffer.from(name), Buffer.from(String(value))];
	return Buffer.concat([sizeOf(n.length), sizeOf(v.length), n, v]);
}

function* stdoutOf(bytes) {
	for (let at = 0; at + 8 <= bytes.length;) {
		const n = bytes.readUInt16BE(at + 4);
		if (bytes[at + 1] === STDOUT)
			yield bytes.subarray(at + 8, at + 8 + n);
		if (bytes[at + 1] === END)
			return;
		at += 8 + n + bytes[at + 6];
	}
}

function send(connection, params, body, keep) {
	const all = { REQUEST_METHOD: body ? 'POST' : 'GET', ...params };
	connection.write(Buffer.concat([
		record(BEGIN, Buffer.from([0, 1, keep ? 1 : 0, 0, 0, 0, 0, 0])),
		record(PARAMS, Buffer.concat(Object.entries(all)
			.map(([k, v]) => pair(k, v)))),
		record(PARAMS, Buffer.alloc(0)),
		...(body ? [record(STDIN, Buffer.from(body))] : []),
		record(STDIN, Buffer.alloc(0))]));
}

// A connection that stays open after its first request, as of a web server that
// keeps it for the next one.
export async function kept(socket, params) {
	const connection = net.connect(socket);
	const closed = once(connection, 'close');
	send(connection, params, '', true);
	await once(connection, 'data');
	return { connection, closed };
}

// The same of a kimi.fcgi that listens on a socket.
export function fastcgi(socket, params, body = '') {
	const connection = net.connect(socket);
	send(connection, params, body, false);
	const parts = [];
	connection.on('data', (p) => parts.push(p));
	return new Promise((resolve, reject) => {
		connection.on('error', reject);
		connection.on('close', () => resolve(reply(
			Buffer.concat([...stdoutOf(Buffer.concat(parts))]))));
	});
}
