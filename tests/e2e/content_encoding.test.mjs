// SPDX-License-Identifier: MIT
// Compressed request bodies, on every route that takes a body.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import { call, say, Stream } from './lib/http.mjs';
import { askK3, bodyWith } from './lib/kimi.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

const MIB = 1 << 20;

// A frame of raw blocks (RFC 8878, 3.1.1): old versions of Node lack zstd. Its
// window of 1 KiB limits the blocks.
function zstd(bytes) {
	const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0])];
	for (let at = 0; at === 0 || at < bytes.length; at += 1024) {
		const block = bytes.subarray(at, at + 1024);
		const last = at + 1024 >= bytes.length;
		const head = Buffer.alloc(3);
		head.writeUIntLE(block.length << 3 | (last ? 1 : 0), 0, 3);
		parts.push(head, block);
	}
	return Buffer.concat(parts);
}

const codings = {
	'gzip': zlib.gzipSync,
	'x-gzip': zlib.gzipSync,
	'deflate': zlib.deflateSync,
	'Deflate': zlib.deflateRawSync,
	'br': zlib.brotliCompressSync,
	'zstd': zstd,
	'identity': (bytes) => bytes,
	'gzip, zstd': (bytes) => zstd(zlib.gzipSync(bytes)),
	'zstd,BR': (bytes) => zlib.brotliCompressSync(zstd(bytes)),
};

const zeros = (n) => Buffer.alloc(n);

// 2 MiB of zeros in a kilobyte or so, by each of the codings.
const bombs = {
	'gzip': zlib.gzipSync(zeros(2 * MIB)),
	'deflate': zlib.deflateSync(zeros(2 * MIB)),
	'br': zlib.brotliCompressSync(zeros(2 * MIB)),
	// Blocks of one repeated byte.
	'zstd': Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38]),
		...Array(16).fill(Buffer.from([0x02, 0, 0x10, 0])),
		Buffer.from([0x03, 0, 0, 0])]),
	'gzip, gzip': zlib.gzipSync(zlib.gzipSync(zeros(1000 * MIB))),
};

const bodies = {
	'/v1/chat/completions': (text) => askK3(text),
	'/v1/chat/completions/of-encoded': (text) => askK3(text),
	'/v1/completions': (prompt) => ({ model: 'kimi-k3', prompt }),
	'/v1/responses': (input) => ({ model: 'kimi-k3', input }),
	'/v1/messages': (content) => ({ model: 'kimi-k3', max_tokens: 100,
		messages: [{ role: 'user', content }] }),
};

const others = {
	'/v1/responses/input_tokens': { model: 'kimi-k3', input: 'Hello' },
	'/v1/messages/count_tokens': bodies['/v1/messages']('Hello'),
	'/v1/conversations': { items: [{ role: 'user', content: 'Hello' }] },
	'/v1/tokenizers/estimate-token-count': say('Hello'),
};

const form = (bytes) => Buffer.concat([Buffer.from(
	'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n'
	+ 'user_data\r\n--b\r\nContent-Disposition: form-data; name="file"; '
	+ 'filename="a.bin"\r\n\r\n'), bytes, Buffer.from('\r\n--b--\r\n')]);

const options = { settings: { KIMI_MAX_BODY: MIB, KIMI_MAX_FILE: MIB } };

for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`compressed bodies, ${mount}`, mount, options, tests);

async function tests(check, site) {
	const send = (path, encoding, body, more = {}) => call(site, path, { body,
		headers: { 'content-encoding': encoding, ...more } });
	const encode = (encoding, value) =>
		codings[encoding](Buffer.from(JSON.stringify(value)));
	const upload = (encoding, bytes) => send('/v1/files', encoding, bytes,
		{ 'content-type': 'multipart/form-data; boundary=b' });
	let serial = 0;

	await Promise.all([
		check('are what they decode to, in every coding', everyCoding),
		check('... on every route', everyRoute),
		check('... and for streams', streams),
		check('an uploaded form is decoded', uploads),
		check('a bomb is refused', tooLarge),
		check('malformed data is a 400 that says so', malformed),
		check('an unknown coding is a 415 that names it', unknown),
		check('one that the header does not name is named', undeclared),
	]);

	async function reaches(path, encoding) {
		const word = `encoded-${site.port}-${++serial}`;
		const r = await send(path, encoding, encode(encoding,
			bodies[path](`Grüße, ${word} ${'x'.repeat(20000)}`)));
		assert.equal(r.status, 200, `${path} ${encoding} ${r.text}`);
		const { messages } = await bodyWith(site, word);
		assert.ok(JSON.stringify(messages).includes(`Grüße, ${word} xxx`));
	}

	async function everyCoding() {
		for (const encoding of Object.keys(codings))
			await reaches('/v1/chat/completions', encoding);
	}

	async function everyRoute() {
		for (const path of Object.keys(bodies))
			await reaches(path, 'zstd');
		for (const [path, body] of Object.entries(others)) {
			const r = await send(path, 'gzip', encode('gzip', body));
			assert.equal(r.status, 200, `${path} ${r.text}`);
			assert.deepEqual(Object.keys(r.json), Object.keys((await call(
				site, path, { body })).json));
		}
	}

	async function streams() {
		for (const path of Object.keys(bodies)) {
			const word = `streamed-${site.port}-${++serial}`;
			const s = new Stream(site, path, { body: encode('br', {
				...bodies[path](word), stream: true }),
				headers: { 'content-encoding': 'br' } });
			await s.done;
			assert.equal(s.status, 200, s.raw);
			assert.match(s.headers['content-type'], /event-stream/);
			await bodyWith(site, word);
		}
	}

	async function uploads() {
		const bytes = randomBytes(MIB);
		for (const [encoding, of] of Object.entries(codings)) {
			const r = await upload(encoding, of(form(bytes)));
			assert.equal(r.status, 200, `${encoding} ${r.text}`);
			const { bytes: back } = await call(site,
				`/v1/files/${r.json.id}/content`);
			assert.ok(back.equals(bytes), encoding);
		}
		const large = await upload('gzip', zlib.gzipSync(
			form(zeros(MIB + 1))));
		assert.match(errorOf(large, 413).message, /KIMI_MAX_FILE/);
		// Where its zeros go to no field.
		const bomb = await upload('gzip', zlib.gzipSync(zeros(100 * MIB)));
		assert.match(errorOf(bomb, 413).message, /after decoding/);
	}

	async function tooLarge() {
		for (const [encoding, body] of Object.entries(bombs)) {
			const r = await send('/v1/responses', encoding, body);
			const e = errorOf(r, 413);
			assert.equal(e.code, 'request_too_large');
			assert.match(e.message, /1048576 bytes after decoding/);
			const m = await send('/v1/messages', encoding, body);
			assert.equal(m.status, 413);
			assert.equal(m.json.error.type, 'request_too_large');
		}
	}

	async function refuses(path, encoding) {
		const body = encode(encoding, bodies[path]('x'));
		for (const [bad, words] of [
			[Buffer.from('{"model":"kimi-k3"}'), / data/],
			[body.subarray(0, -1), /is incomplete/],
			[Buffer.concat([body, Buffer.alloc(20, 'x')]),
				/other bytes follow/]]) {
			const r = await send(path, encoding, bad);
			assert.equal(r.status, 400, `${encoding} ${r.text}`);
			assert.equal(r.json.error.type, 'invalid_request_error');
			assert.match(r.json.error.message, words);
		}
	}

	async function malformed() {
		for (const encoding of Object.keys(codings))
			if (encoding !== 'identity')
				await refuses('/v1/chat/completions', encoding);
		for (const path of Object.keys(bodies))
			await refuses(path, 'zstd');
	}

	async function undeclared() {
		for (const path of Object.keys(bodies))
			for (const coding of ['gzip', 'zstd']) {
				const body = encode(coding, bodies[path]('x'));
				for (const said of [undefined, 'identity', 'gzip']) {
					const twice = said === 'gzip'
						? zlib.gzipSync(body) : body;
					const r = await call(site, path, { body: twice,
						headers: said && { 'content-encoding': said } });
					assert.equal(r.status, 400, r.text);
					assert.match(r.json.error.message, new RegExp(
						`compressed with ${coding}, but its Content-Enc`));
				}
			}
	}

	async function unknown() {
		for (const path of [...Object.keys(bodies), ...Object.keys(others),
			'/v1/files']) {
			const r = await send(path, 'gzip, lzma', Buffer.from('x'),
				{ 'content-type': 'multipart/form-data; boundary=b' });
			assert.equal(r.status, 415, r.text);
			assert.equal(r.headers['accept-encoding'],
				'gzip, deflate, br, zstd');
			const { error } = r.json;
			assert.equal(error.type, 'invalid_request_error');
			assert.match(error.message, /'lzma' is not supported.*zstd/);
			assert.equal(error.code, r.json.type === 'error' ? undefined
				: 'unsupported_content_encoding');
		}
	}
}
