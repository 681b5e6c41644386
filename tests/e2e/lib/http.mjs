// SPDX-License-Identifier: MIT
// An HTTP client that hides nothing: it gives raw bodies and the time at which
// each event of a stream arrived. Every call has its own connection.

import http from 'node:http';
import { until } from './process.mjs';

export const now = () => performance.now();

function options(site, path, { method, key = 'sk-test', headers = {}, body }) {
	const all = { ...headers };
	if (key)
		all.authorization = `Bearer ${key}`;
	if (body !== undefined && all['content-type'] === undefined)
		all['content-type'] = 'application/json';
	return { host: '127.0.0.1', port: site.port, path, agent: false,
		method: method || (body === undefined ? 'GET' : 'POST'),
		headers: all };
}

function payload(body) {
	return body === undefined || typeof body === 'string'
		|| Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

// The whole reply: { status, headers, text, bytes, json, ms }. A request may
// have method, path, key ('' for none), headers, body (text, bytes, or a value
// to send as JSON) and chunked (no Content-Length).
export function call(site, path, request = {}) {
	const t0 = now();
	return new Promise((resolve, reject) => {
		const req = http.request(options(site, path, request), (res) => {
			const parts = [];
			res.on('data', (p) => parts.push(p));
			res.on('error', reject);
			res.on('end', () => {
				const bytes = Buffer.concat(parts);
				const text = bytes.toString();
				resolve({ status: res.statusCode, headers: res.headers,
					text, bytes, ms: now() - t0,
					get json() {
						return JSON.parse(text);
					} });
			});
		});
		req.on('error', reject);
		req.setTimeout(120000, () =>
			req.destroy(new Error('no reply within 120 s')));
		send(req, request);
	});
}

function send(req, request) {
	const body = payload(request.body);
	if (body !== undefined && !request.chunked)
		req.setHeader('content-length', Buffer.byteLength(body));
	req.end(body);
}

// A stream as it arrives:
//   events    [{ at, data, chunk }]  the text after "data: ", parsed
//   comments  [{ at }]
//   pieces    raw reads       ended: 'end' | 'cut' | null
export class Stream {
	events = [];
	comments = [];
	pieces = [];
	ended = null;
	status = 0;
	headers = {};
	#rest = Buffer.alloc(0);

	constructor(site, path, request) {
		this.sent = now();
		this.req = http.request(options(site, path, request));
		this.req.on('response', (res) => this.#response(res));
		this.done = new Promise((resolve) => {
			const end = (how) => {
				this.ended ||= how;
				this.endedAt ||= now();
				resolve(this.ended);
			};
			this.end = end;
			this.req.on('error', () => end('cut'));
			this.req.on('close', () => end('cut'));
		});
		send(this.req, request);
	}

	#response(res) {
		this.status = res.statusCode;
		this.headers = res.headers;
		this.headAt = now();
		res.on('data', (piece) => this.#data(piece));
		res.on('error', () => this.end('cut'));
		res.on('aborted', () => this.end('cut'));
		res.on('end', () => this.end('end'));
	}

	#data(piece) {
		this.pieces.push(piece);
		this.#rest = Buffer.concat([this.#rest, piece]);
		for (let cut; (cut = this.#rest.indexOf('\n\n')) >= 0;) {
			const event = this.#rest.subarray(0, cut).toString();
			this.#rest = this.#rest.subarray(cut + 2);
			if (event.startsWith(':')) {
				this.comments.push({ at: now() });
				continue;
			}
			const data = event.replace(/^data: /, '');
			this.events.push({ at: now(), data,
				chunk: data[0] === '{' && JSON.parse(data) });
		}
	}

	get raw() {
		return Buffer.concat(this.pieces).toString();
	}

	get finished() {
		return this.raw.includes('[DONE]');
	}

	get chunks() {
		return this.events.map((e) => e.chunk).filter(Boolean);
	}

	get contents() {
		return this.events.filter((e) =>
			e.chunk?.choices?.[0]?.delta?.content);
	}

	get text() {
		return this.chunks.map((c) => c.choices?.[0]?.delta?.content || '')
			.join('');
	}

	get error() {
		return this.chunks.find((c) => c.error)?.error;
	}

	get finish() {
		return this.chunks.map((c) => c.choices?.[0]?.finish_reason)
			.find(Boolean);
	}

	// Waits for n events with content.
	async content(n = 1) {
		await until(`${n} events with content (${this.contents.length} came: `
			+ `${this.raw.slice(0, 300)})`,
			() => this.contents.length >= n || this.ended, 5);
		if (this.contents.length < n)
			throw new Error(`the stream ended early: ${this.status} `
				+ this.raw.slice(0, 500));
	}

	leave() {
		this.leftAt = now();
		this.req.destroy();
	}
}

// --- What most tests send

export const say = (text, more = {}) => ({ model: 'k2',
	messages: [{ role: 'user', content: text }], ...more });

// A prompt that makes the fake play a scene.
export const scene = (members, text = 'hello') =>
	`${text} fake:${JSON.stringify(members)}`;

export const chat = (site, body, request = {}) =>
	call(site, request.path || '/v1/chat/completions', { ...request, body });

export const stream = (site, body, request = {}) =>
	new Stream(site, request.path || '/v1/chat/completions',
		{ ...request, body: { ...body, stream: true } });

// Uploads a file; its id.
export async function upload(site, bytes, name, {
	type = 'application/octet-stream', key } = {}) {
	const part = (disposition, more, body) => Buffer.concat([Buffer.from(
		`--b\r\nContent-Disposition: form-data; ${disposition}\r\n${
			more}\r\n`), body, Buffer.from('\r\n')]);
	const r = await call(site, '/v1/files', { key,
		headers: { 'content-type': 'multipart/form-data; boundary=b' },
		body: Buffer.concat([
			part(`name="file"; filename="${name}"`,
				`Content-Type: ${type}\r\n`, bytes),
			part('name="purpose"', '', Buffer.from('user_data')),
			Buffer.from('--b--\r\n')]) });
	if (r.status !== 200)
		throw new Error(`the upload failed: ${r.status} ${r.text}`);
	return r.json.id;
}
