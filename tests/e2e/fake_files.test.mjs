// SPDX-License-Identifier: MIT
// Files at the fake Kimi: uploaded, parsed and attached on both web services.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startFake } from './lib/fake.mjs';
import { folder } from './lib/process.mjs';
import { call, scene as play } from './lib/http.mjs';
import { accessToken } from './lib/jwt.mjs';
import { ask, connectChat, paths, unary } from './lib/connect.mjs';

// Bytes that look like the ends of a form's parts.
const bytes = Buffer.concat([Buffer.from('\r\n--\r\n\r\n--x\0'),
	Buffer.from(Array.from({ length: 100000 }, (_, i) => i * 7 & 255)),
	Buffer.from('\r\n')]);
const told = (name, type, b) => ` [file ${name} ${type} ${b.length} bytes `
	+ `sha256 ${createHash('sha256').update(b).digest('hex').slice(0, 8)}]`;

test('files at the fake Kimi', async (t) => {
	const fake = await startFake(folder('fake-files'));
	const key = accessToken('user-with-files');
	const other = accessToken('another-user');
	const ok = (r) => {
		assert.equal(r.status, 200, r.text);
		return r.text ? r.json : null;
	};

	// fetch writes the form: not our own idea of one.
	async function upload(b, name, type, field = 'file', token = key) {
		const form = new FormData();
		form.append('purpose', 'before');
		form.append(field, new Blob([b], { type }), name);
		form.append('after', 'x');
		const r = await fetch(fake.url + paths.upload, { method: 'POST',
			body: form, headers: { authorization: `Bearer ${token}` } });
		return { status: r.status, json: await r.json() };
	}

	const progress = async (ids, token = key) => ok(await unary(fake, token,
		paths.parse, { file_ids: ids })).progresses.map((p) =>
		[p.fileId, p.status.replace('PROCESS_STATUS_', '')]);

	async function ready(b, name, type) {
		const { id } = (await upload(b, name, type)).json.file;
		await progress([id]);
		await progress([id]);
		return id;
	}

	// The legacy service.

	const post = (path, body, token = key) => call(fake, path,
		{ key: token, body });

	async function put(b, name, type, action = 'file') {
		const signed = ok(await post('/api/pre-sign-url', { action, name }));
		const url = new URL(signed.url);
		assert.equal(url.origin, fake.url);
		const r = await call(fake, url.pathname, { method: 'PUT', key: '',
			body: b, headers: { 'content-type': type } });
		assert.equal(r.status, 200);
		return signed;
	}

	const record = (name, object_name, token) => post('/api/file', {
		type: 'file', name, object_name, file_id: '' }, token);

	const parse = async (...ids) => (await post('/api/file/parse_process',
		{ ids })).text.split('\n\n').filter(Boolean).map((e) =>
		JSON.parse(e.replace(/^data: /, '')));

	async function complete(refs, text = 'Look', token = key) {
		const { id } = ok(await post('/api/chat', { name: 'x' }, token));
		return post(`/api/chat/${id}/completion/stream`, { kimiplus_id: 'kimi',
			model: 'k2', messages: [{ role: 'user', content: text }], refs,
			refs_file: refs.map((ref) => ({ id: ref })) }, token);
	}

	const answer = (r) => r.text.split('\n\n').filter(Boolean).map((e) =>
		JSON.parse(e.slice(6))).map((e) => e.text || '').join('');

	t.after(async () => assert.equal((await fake.stop()).code, 0));
	await t.test('Connect: uploaded, parsed, attached', connect);
	await t.test('Connect: upload forms of every shape', forms);
	await t.test('Connect: files that must not be attached are refused',
		refused);
	await t.test('Connect: parsing may fail or never end', failing);
	await t.test('legacy: uploaded, registered, parsed, attached', legacy);
	await t.test('legacy: files that must not be attached are refused',
		legacyRefused);
	await t.test('legacy: images need no parsing, and parsing may fail',
		images);

	async function connect() {
		const r = await upload(bytes, 'a "b" ü.png', 'image/png');
		assert.equal(r.status, 200);
		const { id, meta, blob } = r.json.file;
		assert.deepEqual(meta, { name: 'a "b" ü.png', contentType: 'image/png',
			sizeBytes: String(bytes.length), type: 'FILE_TYPE_IMAGE' });
		assert.ok(blob.signUrl.startsWith(fake.url));
		assert.deepEqual(await progress([id]), [[id, 'PROCESSING']]);
		assert.deepEqual(await progress([id]), [[id, 'SUCCESS']]);
		assert.deepEqual(await progress([id]), [[id, 'SUCCESS']]);
		const text = Buffer.from('some text');
		const second = await ready(text, 'b.txt', 'text/plain');
		const a = await connectChat(fake, key, ask('Look',
			{ files: [id, second] }));
		assert.equal(a.text, 'This is the fake Kimi. You said: Look'
			+ told('a "b" ü.png', 'image/png', bytes)
			+ told('b.txt', 'text/plain', text));
		assert.deepEqual(a.frames.map((f) => f.json.chat?.files?.[0].id)
			.filter(Boolean), [id, second]);
		assert.deepEqual(a.frames[2].json.message.blocks[1].file,
			{ id, status: 'PROCESS_STATUS_SUCCESS' });
		const { requests } = await fake.stats();
		assert.equal(requests['connect.upload'], 2);
		assert.equal(requests['connect.parse'], 5);
	}

	async function forms() {
		const send = (body, type) => call(fake, paths.upload, { key, body,
			headers: { 'content-type': type } });
		const part = (content) => Buffer.from('--B\r\nContent-Disposition: '
			+ 'form-data; name="file"; filename="f"\r\n\r\n'
			+ `${content}\r\n--B--\r\n`);
		const type = 'multipart/form-data; boundary=B';
		const size = async (content, how = type) =>
			ok(await send(part(content), how)).file.meta;
		assert.deepEqual(await size('abc'), { name: 'f', sizeBytes: '3',
			contentType: 'application/octet-stream', type: 'FILE_TYPE_FILE' });
		assert.equal((await size('')).sizeBytes, '0');
		assert.equal((await size('\r\n')).sizeBytes, '2');
		assert.equal((await size('a--B--')).sizeBytes, '6');
		assert.equal((await size('a', 'multipart/form-data; boundary="B"'))
			.sizeBytes, '1');
		const whole = part('abc');
		for (let n = 0; n < whole.length - 2; n++)
			assert.equal((await send(whole.subarray(0, n), type)).status, 400,
				`a form cut at ${n}`);
		assert.equal((await send(whole, 'application/json')).status, 400);
		assert.equal((await upload(bytes, 'x', 'image/png', 'image')).status,
			400);
		assert.equal((await upload(bytes, 'x', 'image/png', 'file',
			'nobody')).status, 401);
	}

	async function refused() {
		const { id } = (await upload(bytes, 'x', 'image/png')).json.file;
		const attach = async (files, token = key) =>
			(await connectChat(fake, token, ask('Look', { files }))).error;
		const invalid = async (files, token) => assert.equal(
			(await attach(files, token)).code, 'invalid_argument');
		await invalid([id]);
		await progress([id]);
		await invalid([id]);
		await progress([id]);
		assert.equal(await attach([id]), null);
		await invalid([id], other);
		await invalid([id, 'nothing']);
		const body = ask('Look', { files: [id] });
		body.message.blocks[1].file.status = 'PROCESS_STATUS_PROCESSING';
		assert.equal((await connectChat(fake, key, body)).error.code,
			'invalid_argument');
		assert.equal((await unary(fake, other, paths.parse,
			{ file_ids: [id] })).json.code, 'not_found');
		assert.equal((await unary(fake, key, paths.parse, { file_ids: [] }))
			.status, 404);
	}

	async function failing() {
		const match = { service: 'connect', route: 'upload' };
		await fake.scenes({ match, scene: { parse: 'failed' } });
		const { id } = (await upload(bytes, 'x', 'image/png')).json.file;
		await progress([id]);
		assert.deepEqual(await progress([id]), [[id, 'FAILED']]);
		assert.equal((await connectChat(fake, key, ask('Look',
			{ files: [id] }))).error.code, 'invalid_argument');
		await fake.scenes({ match: { route: 'parse' }, times: 5,
			scene: { parse: 'stuck' } });
		const stuck = (await upload(bytes, 'x', 'image/png')).json.file.id;
		for (let i = 0; i < 5; i++)
			assert.deepEqual(await progress([stuck]),
				[[stuck, 'PROCESSING']]);
		assert.equal(await ready(bytes, 'y', 'image/png') !== stuck, true);
	}

	async function legacy() {
		const { object_name } = await put(bytes, 'a.pdf', 'application/pdf');
		const made = ok(await record('a.pdf', object_name));
		assert.deepEqual([made.name, made.type, made.content_type, made.status,
			made.size], ['a.pdf', 'file', 'application/pdf', 'initialized',
			bytes.length]);
		assert.equal(ok(await record('a.pdf', object_name)).id, made.id);
		const steps = await parse(made.id);
		assert.deepEqual(steps.map((s) => [s.event, s.id, s.status]),
			[['resp', made.id, 'parsing'], ['resp', made.id, 'parsed']]);
		assert.deepEqual(steps[1].file_info, { id: made.id, status: 'parsed',
			size: bytes.length, token_size: Math.floor(bytes.length / 4),
			failed_reason: '' });
		const r = await complete([made.id]);
		assert.equal(answer(r), 'This is the fake Kimi. You said: Look'
			+ told('a.pdf', 'application/pdf', bytes));
		assert.match(r.text, new RegExp(`"refs":\\["${made.id}"\\]`));
		const { requests } = await fake.stats();
		assert.deepEqual(['pre_sign', 'put', 'file', 'parse'].map((n) =>
			requests[`web.${n}`]), [1, 1, 2, 1]);
	}

	async function legacyRefused() {
		const signed = ok(await post('/api/pre-sign-url',
			{ action: 'file', name: 'x' }));
		assert.equal((await record('x', signed.object_name)).status, 400);
		const { object_name } = await put(bytes, 'x', 'text/plain');
		assert.equal((await record('x', object_name, other)).status, 400);
		const { id } = ok(await record('x', object_name));
		const refs = (await complete([id])).json;
		assert.equal(refs.error_type, 'file.not_found');
		await parse(id);
		assert.equal((await complete([id])).status, 200);
		assert.equal((await complete([id], 'Look', other)).status, 400);
		assert.equal((await complete(['nothing'])).status, 400);
		assert.equal((await call(fake, '/presigned/nothing', { method: 'PUT',
			body: bytes })).status, 403);
		assert.equal((await post('/api/pre-sign-url',
			{ action: 'dance', name: 'x' })).status, 400);
		assert.equal((await post('/api/pre-sign-url',
			{ action: 'file', name: 'x' }, 'nobody')).status, 401);
		await fake.settings({ legacy: false });
		for (const path of ['pre-sign-url', 'file', 'file/parse_process'])
			assert.equal((await post(`/api/${path}`, {})).status, 404);
		await fake.settings({ legacy: true });
	}

	async function images() {
		const { file_id } = await put(bytes, 'a.png', 'image/png', 'image');
		const image = ok(await post('/api/file', { type: 'image',
			file_id, name: 'a.png' }));
		assert.deepEqual([image.id, image.type, image.status],
			[file_id, 'image', 'parsed']);
		assert.ok(answer(await complete([file_id])).endsWith(
			told('a.png', 'image/png', bytes)));
		const silent = await complete([file_id], play({ answer: 'Nothing.' }));
		assert.equal(answer(silent), 'Nothing.');

		await fake.scenes({ match: { service: 'web', route: 'parse' },
			scene: { parse: 'failed' } });
		const { object_name } = await put(bytes, 'b.pdf', 'application/pdf');
		const { id } = ok(await record('b.pdf', object_name));
		const steps = await parse(id);
		assert.deepEqual(steps.map((s) => s.status), ['parsing', 'failed']);
		assert.notEqual(steps[1].file_info.failed_reason, '');
		assert.equal((await complete([id])).status, 400);
	}
});
