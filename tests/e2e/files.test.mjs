// SPDX-License-Identifier: MIT
// Files through the official openai package: stored, shared, listed, deleted.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { slack } from './lib/process.mjs';
import { call } from './lib/http.mjs';
import { OpenAI, toFile } from './lib/openai.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

const MIB = 1 << 20;
const asanBuild = slack > 1;

withSite('files', 'lighttpd_fastcgi', { settings: { KIMI_MAX_FILE: 21 * MIB } },
	async (check, site) => {
		const client = (apiKey = 'sk-test') => new OpenAI({ apiKey,
			baseURL: `http://127.0.0.1:${site.port}/v1`, maxRetries: 0 });
		const openai = client();
		const upload = async (bytes, name = 'a.txt', more = {}) =>
			openai.files.create({ file: await toFile(bytes, name),
				purpose: 'user_data', ...more });
		const contentOf = async (id, from = openai) =>
			Buffer.from(await (await from.files.content(id)).arrayBuffer());

		// First, as memory that was used before hides what this uses.
		await check('20 MiB pass through in bounded memory', bounded);
		await Promise.all([
			check('a file is returned unchanged', back),
			check('lists are paged', lists),
			check('a file belongs to its key', keys),
			check('equal bytes are stored once', once),
			check('a client may send a form without a length', chunked),
			check('malformed forms are refused', refused),
			check('a file over the limit is refused', large),
		]);
		await check('deleted bytes are in no file of the database', gone);

		async function back() {
			const bytes = randomBytes(300000);
			const file = await upload(bytes, 'naïve "x" 你.bin');
			assert.equal(file.object, 'file');
			assert.equal(file.bytes, bytes.length);
			assert.equal(file.filename, 'naïve "x" 你.bin');
			assert.equal(file.purpose, 'user_data');
			assert.equal(file.status, 'processed');
			assert.deepEqual(await openai.files.retrieve(file.id), file);
			assert.ok((await contentOf(file.id)).equals(bytes));
			const gone = await openai.files.delete(file.id);
			assert.deepEqual({ ...gone }, { id: file.id, object: 'file',
				deleted: true });
			await assert.rejects(openai.files.retrieve(file.id),
				OpenAI.NotFoundError);
		}

		async function lists() {
			const lister = client('sk-other');
			const ids = [];
			for (let i = 0; i < 5; i++)
				ids.push((await lister.files.create({
					file: await toFile(Buffer.from(`file ${i}`), 'l.txt'),
					purpose: i % 2 ? 'vision' : 'user_data' })).id);
			const seen = [];
			for await (const file of lister.files.list({ limit: 2 }))
				seen.push(file.id);
			assert.deepEqual(seen, [...ids].reverse());
			const some = await lister.files.list({ purpose: 'vision',
				order: 'asc' });
			assert.deepEqual(some.data.map((f) => f.id), [ids[1], ids[3]]);
		}

		async function keys() {
			const { id } = await upload(Buffer.from('mine'));
			const other = client('platform:sk-somebody-elses-0123456789');
			await assert.rejects(other.files.retrieve(id),
				OpenAI.NotFoundError);
			await assert.rejects(contentOf(id, other),
				OpenAI.NotFoundError);
			await assert.rejects(other.files.delete(id),
				OpenAI.NotFoundError);
			assert.equal((await contentOf(id)).toString(), 'mine');
		}

		async function once() {
			const bytes = randomBytes(400000);
			const [one, two] = await Promise.all([upload(bytes, '1.bin'),
				upload(bytes, '2.bin')]);
			assert.notEqual(one.id, two.id);
			const hash = createHash('sha256').update(bytes).digest('hex');
			const rows = await site.query(`SELECT * FROM file_contents
				WHERE sha256 = '${hash}'`);
			assert.equal(rows.length, 1);
			await openai.files.delete(one.id);
			assert.ok((await contentOf(two.id)).equals(bytes));
		}

		async function chunked() {
			const part = (name, text) => '--b\r\nContent-Disposition: '
				+ `form-data; name=${name}\r\n\r\n${text}\r\n`;
			const r = await call(site, '/v1/files', { chunked: true,
				headers: { 'content-type':
					'multipart/form-data; boundary=b' },
				body: `${part('"file"; filename="c"', 'chunked')}${
					part('purpose', 'user_data')}--b--` });
			assert.equal(r.status, 200, r.text);
			assert.equal((await contentOf(r.json.id)).toString(), 'chunked');
		}

		async function refused() {
			await assert.rejects(upload(Buffer.alloc(0)), (e) =>
				e instanceof OpenAI.BadRequestError && e.param === 'file');
			await assert.rejects(upload(Buffer.from('x'), 'x',
				{ purpose: 'batch' }), (e) =>
				e instanceof OpenAI.BadRequestError
					&& e.param === 'purpose');
			errorOf(await call(site, '/v1/files', { body: {} }), 400);
			errorOf(await call(site, '/v1/files', { key: '' }), 401);
		}

		async function large() {
			await assert.rejects(upload(Buffer.alloc(22 * MIB)), (e) =>
				e.status === 413 && e.code === 'request_too_large'
					&& e.param === 'file');
		}

		function peak() {
			const [pid] = site.programs();
			const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
			return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) * 1024;
		}

		async function bounded() {
			const bytes = randomBytes(20 * MIB);
			await contentOf((await upload(randomBytes(MIB))).id);
			const before = peak();
			const { id } = await upload(bytes);
			assert.ok((await contentOf(id)).equals(bytes));
			const grown = peak() - before;
			if (!asanBuild)
				assert.ok(grown < 2 * MIB, `${grown} bytes more`);
		}

		async function gone() {
			const secret = `secret of ${process.pid} `;
			const { id } = await upload(Buffer.from(secret.repeat(50000)));
			const holds = () => ['', '-wal'].some((end) =>
				fs.readFileSync(site.db + end).includes(secret));
			assert.ok(holds());
			await openai.files.delete(id);
			assert.ok(!holds());
		}
	});
