// SPDX-License-Identifier: MIT
// Conversations by base URL or header, for clients that do not know of them.

import assert from 'node:assert/strict';
import { call, chat, say, stream } from './lib/http.mjs';
import { OpenAI } from './lib/openai.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const everything = { url: '^/' };
const CHAT = '/v1/chat/completions';

withSite('conversations by base URL and header', 'lighttpd_fastcgi', everything,
	async (check, site) => {
		const client = (path, options) => new OpenAI({ apiKey: 'sk-test',
			baseURL: `http://127.0.0.1:${site.port}${path}`, maxRetries: 0,
			...options });
		const talk = async (openai, content, more) =>
			(await openai.chat.completions.create({ model: 'k2',
				messages: [{ role: 'user', content }], ...more }))
				.choices[0].message.content;
		const told = (path, text, headers) => chat(site, say(text),
			{ path, headers });

		await Promise.all([
			check('the openai SDK with a base URL of its own', sdk),
			check('... which lists models, too', models),
			check('... below a prefix, and with a percent-encoded id', prefixes),
			check('streams there', streams),
			check('the header works on every chat endpoint', header),
			check('base URL, header and route name the same conversation', same),
			check('legacy completions continue it, too', legacy),
			check('two ids in one request are a 400', two),
			check('a bad id is a 400', bad),
			check('another key has its own under the same base URL',
				keys),
			check('browsers are allowed to send the header',
				browsers),
		]);

		async function sdk() {
			const openai = client('/c/my-chat/v1');
			await talk(openai, 'my name is Ann');
			assert.match(await talk(openai, 'recall'), /my name is Ann/);
			assert.doesNotMatch(await talk(client('/c/other-chat/v1'),
				'recall'), /Ann/);
			assert.doesNotMatch(await talk(client('/v1'), 'recall'), /Ann/);
		}

		async function models() {
			const openai = client('/c/any/v1');
			const ids = [];
			for await (const model of openai.models.list())
				ids.push(model.id);
			assert.ok(ids.includes('k2'));
			assert.equal((await openai.models.retrieve('k2')).id, 'k2');
		}

		async function prefixes() {
			for (const [at, id] of [['/kimi', 'prefixed'],
				['/a/b', 'deep'], ['', 'a%3Ab%40c'], ['', 'v1']]) {
				const openai = client(`${at}/c/${id}/v1`);
				await talk(openai, `said in ${at} ${id}`);
				assert.ok((await talk(openai, 'recall'))
					.includes(`said in ${at} ${id}`));
			}
			assert.match(answerOf(await told(`${CHAT}/a:b@c`, 'recall')),
				/a%3Ab%40c/);
			assert.match(answerOf(await told(`/x${CHAT}/deep`, 'recall')),
				/said in .a.b deep/);
		}

		async function streams() {
			const path = `/c/streamed${CHAT}`;
			await finished(stream(site, say('my ship is Ra'), { path }));
			const s = await finished(stream(site, say('recall'), { path }));
			assert.match(s.text, /my ship is Ra/);
		}

		async function header() {
			const openai = client('/v1', { defaultHeaders: {
				'X-Conversation-Id': 'by-header' } });
			await talk(openai, 'my dog is Rex');
			assert.match(await talk(openai, 'recall'), /my dog is Rex/);
			assert.match(answerOf(await told(CHAT, 'recall',
				{ 'x-conversation-id': 'by%2Dheader' })), /Rex/);
		}

		async function same() {
			const headers = { 'x-conversation-id': 'same' };
			answerOf(await told(`${CHAT}/same`, 'word-one'));
			answerOf(await told(`/c/same${CHAT}`, 'word-two'));
			answerOf(await told(CHAT, 'word-three', headers));
			answerOf(await told(`/c/same${CHAT}/same`, 'word-four', headers));
			const all = answerOf(await told(`${CHAT}/same`, 'recall'));
			for (const n of ['one', 'two', 'three', 'four'])
				assert.match(all, new RegExp(`word-${n}`));
			const rows = await site.query(
				"SELECT count(*) AS n FROM conversations WHERE name = 'same'");
			assert.equal(rows[0].n, 1);
		}

		async function legacy() {
			const openai = client('/c/old/v1');
			const go = async (prompt) => (await openai.completions.create({
				model: 'k2', prompt, max_tokens: 500 })).choices[0].text;
			await go('my boat is Argo');
			assert.match(await go('recall'), /my boat is Argo/);
			assert.match(await talk(openai, 'recall'), /my boat is Argo/);
		}

		async function two() {
			const headers = { 'x-conversation-id': 'b' };
			for (const [path, more] of [[`/c/a${CHAT}`, headers],
				[`/c/a${CHAT}/b`], [`${CHAT}/a`, headers],
				['/c/a/v1/completions', headers]]) {
				const e = errorOf(await told(path, 'hello', more), 400);
				assert.equal(e.param, 'conversation_id', path);
			}
		}

		async function bad() {
			for (const id of ['a%20b', 'chatcmpl-x', 'x'.repeat(129)]) {
				const r = await told(`/c/${id}${CHAT}`, 'hello');
				assert.equal(errorOf(r, 400).param, 'conversation_id');
				errorOf(await told(CHAT, 'hello',
					{ 'x-conversation-id': id }), 400);
				errorOf(await call(site, `/c/${id}/v1/models`), 400);
			}
		}

		async function keys() {
			const other = client('/c/shared/v1', { apiKey: 'sk-other' });
			await talk(client('/c/shared/v1'), 'secret of the first');
			assert.doesNotMatch(await talk(other, 'recall'), /first/);
		}

		async function browsers() {
			const r = await call(site, `/c/any${CHAT}`, { method: 'OPTIONS',
				key: '', headers: { origin: 'https://app.example',
					'access-control-request-method': 'POST',
					'access-control-request-headers':
						'authorization,x-conversation-id' } });
			assert.equal(r.status, 204);
			assert.match(r.headers['access-control-allow-headers'],
				/x-conversation-id/);
		}
	});
