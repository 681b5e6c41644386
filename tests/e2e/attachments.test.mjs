// SPDX-License-Identifier: MIT
// Images and documents in a chat, on every service.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { slack, sleep, until } from './lib/process.mjs';
import { call, chat, scene, stream, upload } from './lib/http.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

const MIB = 1 << 20;
const pngStart = Buffer.from('89504e470d0a1a0a', 'hex');
const png = (n = 2000) => Buffer.concat([pngStart, randomBytes(n)]);
const pdf = (n = 2000) => Buffer.concat([Buffer.from('%PDF-1.7\n'),
	randomBytes(n)]);
const digest = (bytes) =>
	createHash('sha256').update(bytes).digest('hex').slice(0, 8);
const dataUrl = (bytes, type = 'image/png') =>
	`data:${type};base64,${bytes.toString('base64')}`;

const text = (t) => ({ type: 'text', text: t });
const image = (url) => ({ type: 'image_url', image_url: { url } });
const kept = (id) => ({ type: 'file', file: { file_id: id } });
const brought = (bytes, type, filename) => ({ type: 'file',
	file: { file_data: dataUrl(bytes, type), filename } });
const asks = (model, ...parts) => ({ model,
	messages: [{ role: 'user', content: parts }] });

// What the fakes say of an image on the platform and Kimi Code, and of any
// file on the web.
const seenImage = (bytes, type = 'image/png') =>
	`[image ${type} ${bytes.length} bytes sha256 ${digest(bytes)}]`;
const seenFile = (name, bytes, type) =>
	`[file ${name} ${type} ${bytes.length} bytes sha256 ${digest(bytes)}]`;

function includes(answer, part) {
	assert.ok(answer.includes(part), `no ${part} in ${answer}`);
}

const settings = { KIMI_TOKENS: ['web:refresh-of-the-test',
	'platform:sk-of-the-test', 'code:sk-kimi-of-the-test'].join(),
KIMI_CODE_URL: null, KIMI_WEB_PROTOCOL: 'current', KIMI_KEEPALIVE: 1 };

// KIMI_CODE_URL is known once the fake runs.
async function withServices(check, site, body) {
	site.configure({ ...site.options.settings,
		KIMI_CODE_URL: `${site.fake.url}/coding/v1` });
	await site.restart();
	await body();
}

withSite('attachments', 'lighttpd_fastcgi', { settings },
	(check, site) => withServices(check, site, async () => {
		const ask = async (body, more) => answerOf(await chat(site, body, more));

		await Promise.all([
			check('an image reaches every service', images),
			check('an uploaded image reaches every service', uploaded),
			check('the platform reads a document, once uploaded', documents),
			check('Kimi web reads a document, once uploaded', web),
			check('text documents reach services without documents', texts),
			check('a conversation keeps its image', conversation),
			check('URLs are fetched only when that is allowed',
				unfetched),
		]);
		await check('what Kimi web cannot read is a 400', unreadable);
		await check('a client may leave while Kimi reads the file',
			leaves);
		await check('20 MiB reach Kimi web in bounded memory', bounded);

		async function images() {
			const bytes = png();
			for (const model of ['kimi-k3', 'kimi-for-coding'])
				includes(await ask(asks(model, text('Look'),
					image(dataUrl(bytes)))), seenImage(bytes));
			includes(await ask(asks('k2', text('Look'),
				image(dataUrl(bytes)))),
			seenFile('file.png', bytes, 'image/png'));
		}

		async function uploaded() {
			const bytes = png(700000);
			const id = await upload(site, bytes, 'big.bin');
			for (const model of ['kimi-k3', 'kimi-for-coding'])
				includes(await ask(asks(model, text('Look'), kept(id))),
					seenImage(bytes));
			includes(await ask(asks('k2', text('Look'), kept(id))),
				seenFile('big.bin', bytes, 'image/png'));
		}

		async function requestsOf(route, word) {
			return (await site.fake.requests()).filter((r) =>
				r.route === route && JSON.stringify(r).includes(word));
		}

		async function documents() {
			const bytes = pdf();
			const name = `doc-${digest(bytes)}.pdf`;
			const id = await upload(site, bytes, name);
			for (let i = 0; i < 2; i++)
				await ask(asks('kimi-k3', text('Sum up'), kept(id)));
			// A file that comes along has the same bytes.
			await ask(asks('kimi-k3', text('Sum up'),
				brought(bytes, 'application/pdf', name)));
			const uploads = await requestsOf('files', name);
			assert.equal(uploads.length, 1);
			const chats = await requestsOf('completion', name);
			assert.equal(chats.length, 3);
			for (const { body } of chats) {
				assert.equal(body.messages[0].role, 'system');
				includes(body.messages[0].content,
					`File ${name}:\n[application/pdf ${bytes.length} `
					+ `bytes sha256 ${digest(bytes)}]`);
				assert.equal(body.messages[1].content,
					`Sum up[File ${name}]`);
			}
		}

		async function web() {
			const bytes = pdf();
			const name = `web-${digest(bytes)}.pdf`;
			const id = await upload(site, bytes, name);
			for (let i = 0; i < 2; i++)
				includes(await ask(asks('k2', text('Sum up'), kept(id))),
					seenFile(name, bytes, 'application/pdf'));
			assert.equal((await site.fake.requests()).filter((r) =>
				r.route === 'upload' && String(r.body).includes(name))
				.length, 1);
		}

		async function texts() {
			const id = await upload(site, Buffer.from('# Tïtle'), 'n.md');
			includes(await ask(asks('kimi-for-coding', text('Read '),
				kept(id))), 'File n.md:\n# Tïtle');
			const e = errorOf(await chat(site, asks('kimi-for-coding',
				brought(pdf(), 'application/pdf', 'a.pdf'))), 400);
			assert.equal(e.param, 'messages[0].content[0].file');
		}

		async function conversation() {
			const bytes = png();
			const id = await upload(site, bytes, 'c.png');
			for (const model of ['kimi-k3', 'k2']) {
				const path = `/v1/chat/completions/pictures-${model}`;
				includes(await ask(asks(model, text('Look'), kept(id)),
					{ path }), digest(bytes));
				answerOf(await chat(site, asks(model,
					text('And now?')), { path }));
			}
			await call(site, `/v1/files/${id}`, { method: 'DELETE' });
			for (const model of ['kimi-k3', 'k2'])
				answerOf(await chat(site, asks(model, text('Then?')),
					{ path: `/v1/chat/completions/pictures-${model}` }));
			const e = errorOf(await chat(site, asks('k2', kept(id))), 404);
			assert.equal(e.param, 'messages[0].content[0].file.file_id');
		}

		async function unreadable() {
			const bytes = pdf();
			const name = `bad-${digest(bytes)}.pdf`;
			await site.fake.scenes({ match: { service: 'connect',
				route: 'upload' }, times: 1, scene: { parse: 'failed' } });
			const r = await chat(site, asks('k2',
				brought(bytes, 'application/pdf', name)));
			assert.match(errorOf(r, 400).message, /cannot read the file/);
		}

		async function unfetched() {
			const e = errorOf(await chat(site, asks('kimi-k3', text('Look'),
				image('https://example.com/a.png'))), 400);
			assert.equal(e.param, 'messages[0].content[1].image_url');
			assert.match(e.message, /data: URL.*KIMI_FETCH=1/s);
		}

		async function leaves() {
			await site.fake.scenes({ match: { service: 'connect',
				route: 'upload' }, times: 1, scene: { parse: 'stuck' } });
			const s = stream(site, asks('k2',
				brought(pdf(), 'application/pdf', 'stuck.pdf')));
			const polls = async () => (await site.fake.requests())
				.filter((r) => r.service === 'connect'
					&& r.route === 'parse').length;
			const before = await polls();
			await until('Kimi is asked about the file', async () =>
				await polls() > before + 1);
			await until('a keep-alive', () => s.comments.length);
			s.leave();
			const row = await site.row(s.headers['x-request-id']);
			assert.equal(row.status, 'cancelled');
			const seen = await polls();
			await sleep(1500);
			assert.equal(await polls(), seen, 'it is still asked');
		}

		function peak() {
			const [pid] = site.programs();
			const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
			return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) * 1024;
		}

		async function bounded() {
			const bytes = pdf(20 * MIB);
			const id = await upload(site, bytes, 'large.pdf');
			const before = peak();
			includes(await ask(asks('k2', text('Sum up'), kept(id))),
				seenFile('large.pdf', bytes, 'application/pdf'));
			const grown = peak() - before;
			if (slack === 1)
				assert.ok(grown < 2 * MIB, `${grown} bytes more`);
		}
	}));

withSite('attachments, legacy', 'lighttpd_fastcgi',
	{ settings: { KIMI_WEB_PROTOCOL: 'legacy' } }, async (check, site) => {
		await check('images and documents reach the legacy web', async () => {
			const picture = png();
			const paper = pdf();
			for (let i = 0; i < 2; i++) {
				const answer = answerOf(await chat(site, asks('k2',
					text('Look'), image(dataUrl(picture)),
					brought(paper, 'application/pdf', 'a.pdf'))));
				includes(answer, seenFile('file.png', picture, 'image/png'));
				includes(answer, seenFile('a.pdf', paper,
					'application/pdf'));
			}
			assert.equal((await site.fake.requests()).filter((r) =>
				r.route === 'put').length, 2);
		});
		await check('what it cannot read is a 400', async () => {
			const r = await chat(site, asks('k2', text(scene({})),
				brought(pdf(), 'application/pdf', 'b.pdf')));
			answerOf(r);
			await site.fake.scenes({ match: { service: 'web',
				route: 'parse' }, times: 1, scene: { parse: 'failed' } });
			assert.match(errorOf(await chat(site, asks('k2',
				brought(pdf(), 'application/pdf', 'c.pdf'))), 400)
				.message, /cannot read the file/);
		});
	});

withSite('fetching', 'lighttpd_fastcgi', { settings: { KIMI_FETCH: 1 } },
	async (check, site) => {
		await check('never connects to our own network', async () => {
			let connections = 0;
			const trap = net.createServer((c) => {
				connections++;
				c.destroy();
			});
			// Port 443 is root's; without it the rest still holds.
			await new Promise((done) => {
				trap.once('error', done);
				trap.listen(443, '0.0.0.0', done);
			});
			for (const host of ['127.0.0.1', '127.1', '2130706433',
				'0x7f000001', '0x7f.1', '0177.0.0.1', 'localhost',
				'[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]',
				'0.0.0.0', '0', '10.0.0.1', '169.254.169.254',
				'192.168.0.1', '172.16.0.1', '100.64.0.1', '[fd00::1]',
				'[fe80::1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]',
				'user@127.0.0.1', `127.0.0.1:${site.fake.port}`]) {
				const e = errorOf(await chat(site, asks('kimi-k3',
					image(`https://${host}/a.png`))), 400);
				assert.equal(e.param,
					'messages[0].content[0].image_url', host);
				assert.match(e.message, /cannot be fetched/, host);
			}
			assert.equal(connections, 0);
			trap.close();
		});
	});
