// SPDX-License-Identifier: MIT
// A body is as long as its Content-Length says, whoever passes it on.

import assert from 'node:assert/strict';
import path from 'node:path';
import { call, say } from './lib/http.mjs';
import { build, copy } from './lib/process.mjs';
import { cgi, fastcgi } from './lib/gateway.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

withSite('body length', 'nginx', {}, async (check, site) => {
	const program = copy(path.join(build, 'kimi.cgi'), site.kimi,
		'kimi.cgi', 0o755);
	const body = JSON.stringify(say('hello'));
	const variables = (length) => ({
		KIMI_CONFIG: path.join(site.kimi, 'kimi.conf'),
		REQUEST_URI: '/v1/chat/completions', CONTENT_LENGTH: String(length),
		HTTP_AUTHORIZATION: 'Bearer sk-test' });
	const ways = {
		CGI: (length, sent) => cgi(program, variables(length), sent),
		FastCGI: (length, sent) => fastcgi(
			path.join(site.dir, 'kimi.sock'), variables(length), sent),
	};

	for (const [name, ask] of Object.entries(ways)) {
		await check(`${name}: a shorter one is refused`, async () => {
			const before = (await site.fake.requests()).length;
			for (const length of [body.length + 1, 1e15]) {
				const r = await ask(length, body);
				assert.equal(r.status, 400, r.text);
				assert.match(r.text, /shorter than its Content-Length/);
			}
			assert.equal((await ask(5, '')).status, 400);
			assert.equal((await site.fake.requests()).length, before);
		});
		await check(`${name}: a longer one is cut`, async () => {
			const r = await ask(body.length, `${body} surplus`);
			assert.equal(r.status, 200, r.text);
		});
		await check(`${name}: without a length it is all there is`,
			async () => {
				assert.equal((await ask('', body)).status, 200);
				assert.equal((await ask('-1', body)).status, 200);
			});
	}
	await check('a compressed one that is cut is refused', async () => {
		const r = await call(site, '/v1/chat/completions', {
			body: Buffer.from('1f8b0800', 'hex'),
			headers: { 'content-encoding': 'gzip' } });
		errorOf(r, 400);
	});
});
