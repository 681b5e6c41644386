// SPDX-License-Identifier: MIT
// What nobody may find afterwards: what was not to be stored, what was
// deleted, what is another key's. DEBUG is on, so that the log says all.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { until } from './lib/process.mjs';
import { call, say, stream } from './lib/http.mjs';
import { bodyWith, codeKey, forgetful, laid, platformKey, secretOf, sentWith,
	tool } from './lib/kimi.mjs';
import { ask, inFiles } from './lib/responses.mjs';
import { withSite } from './lib/suite.mjs';
import { leavesNothing, webKey } from './lib/web.mjs';

const settings = { KIMI_WEB_PROTOCOL: 'current', KIMI_CODE_URL: null, DEBUG: 1,
	KIMI_RESUME: 0 };
const services = { k2: webKey, 'kimi-k3': platformKey,
	'kimi-for-coding': codeKey };

withSite('privacy', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	site.configure({ ...settings,
		KIMI_CODE_URL: `${site.fake.url}/coding/v1` });
	await site.restart();

	function request(dialect, model, word) {
		const more = { model, store: false, metadata: { note: word },
			user: word, safety_identifier: word };
		return { chat: say(word, more),
			responses: ask(word, { ...more, instructions: word }),
			messages: say(word, { model, store: false, system: word,
				max_tokens: 100, thinking: { type: 'enabled' },
				metadata: { user_id: word } }),
			completions: { model, store: false, prompt: word, max_tokens: 500,
				user: word } }[dialect];
	}

	const used = []; // credentials
	const paths = { chat: '/v1/chat/completions', responses: '/v1/responses',
		messages: '/v1/messages', completions: '/v1/completions' };

	function nowhere(word) {
		assert.ok(!inFiles(site, word), `${word} is in the database`);
		for (const file of fs.readdirSync(site.dir)) {
			if (!/\.log$/.test(file) || /fake/.test(file))
				continue;
			const text = fs.readFileSync(path.join(site.dir, file), 'utf8');
			assert.ok(!text.includes(word), `${file}: ${text.split('\n')
				.find((line) => line.includes(word))}`);
		}
	}

	// Whole and streamed; `end` asks, and waits for the end.
	async function both(dialect, model, scene, end) {
		for (const streams of [false, true]) {
			const word = `${scene.name}-${dialect}-${model}-${streams}`;
			const key = services[model]();
			used.push(key);
			await laid(site, word, scene(word, model === 'k2'), -1);
			const body = { ...request(dialect, model, word),
				stream: streams };
			await end(body, { path: paths[dialect], key }, word,
				scene !== answered);
			assert.ok((await sentWith(site, word, model === 'k2' ? 'chat'
				: 'completion')).length > 0);
			if (model === 'k2')
				await leavesNothing(site, word, scene === early ? 0 : 1);
			nowhere(word);
		}
	}

	const answered = (word) => ({ reasoning: `${word}-thought`,
		answer: `${word}-said` });

	// Kimi may say again what it does not like.
	const quoted = (word) => ({ message: `bad text: ${word}`,
		type: 'invalid_request_error', error_type: 'x' });
	const early = (word, web) => (web ? { error_after: 0, error: {
		code: 'invalid_argument', message: `bad text: ${word}`,
		where: 'only' } } : { status: 400, body: { error: quoted(word) } });
	const late = (word, web) => ({ error_after: 2, answer: `${word} and more`,
		error: web ? { code: 'invalid_argument',
			message: `bad text: ${word}` } : quoted(word) });

	async function whole(body, { path, key }, word, quotes) {
		const r = await call(site, path, { body, key });
		if (quotes)
			assert.ok(r.text.includes(`bad text: ${word}`), r.text);
		await site.row(r.headers['x-request-id']);
	}

	const slow = (word) => ({ reasoning: `${word}-thought`,
		answer: `${word} and `.repeat(20), chunks: 20, chunk_ms: 300 });

	async function leave(body, request, word) {
		const s = stream(site, { ...body, stream: true }, request);
		await until('something came', () => s.raw.includes(' and') || s.ended);
		assert.ok(!s.ended, s.raw);
		s.leave();
		await site.row(s.headers['x-request-id']);
	}

	const outcomes = [[answered, whole], [early, whole], [late, whole],
		[slow, leave]];
	// What the Open Platform has of an account's files.
	const filesOf = async (key) => (await call(site.fake, '/v1/files',
		{ key: secretOf(key) })).json.data;

	const attached = (word, store) => ({ model: 'kimi-k3', store,
		messages: [{ role: 'user', content: [{ type: 'text', text: word },
			{ type: 'file', file: { filename: `${word}.pdf`, file_data:
				`data:application/pdf;base64,${Buffer.from(
					`%PDF-1.7\n${word}`).toString('base64')}` } }] }] });

	async function documents() {
		const key = platformKey();
		for (const [word, scene] of Object.entries({ read: {},
			refused: { status: 400, body: { error: { message: 'no',
				type: 'invalid_request_error' } } } })) {
			await laid(site, `attached-${word}`, scene, 1,
				{ route: 'completion' });
			await call(site, paths.chat, { key,
				body: attached(`attached-${word}`, false) });
			assert.equal((await site.fake.asked(secretOf(key), 'files'))
				.length, word === 'read' ? 1 : 2);
			await until(`the document of ${word} is deleted`, async () =>
				(await filesOf(key)).length === 0);
			nowhere(`attached-${word}`);
		}
		await call(site, paths.chat, { key, body: attached('kept') });
		assert.equal((await filesOf(key)).length, 1);
	}

	// However a request refers to another key's data: what Kimi is sent then.
	async function strangers() {
		const model = 'kimi-k3';
		const post = (path, body, key = 'sk-test', headers = {}) =>
			call(site, path, { body, key, headers });
		await laid(site, 'mine-said', { reasoning: 'mine-thought',
			answer: 'mine-answer' });
		const made = (await post('/v1/conversations', {})).json.id;
		const mine = (await post('/v1/responses', ask('mine-said', { model,
			conversation: made }))).json;
		assert.equal(mine.status, 'completed');
		const file = (await call(site, '/v1/files', { headers: {
			'content-type': 'multipart/form-data; boundary=b' }, body:
			['file"; filename="f.txt', 'purpose'].map((name, i) => '--b\r\n'
				+ `Content-Disposition: form-data; name="${name}"\r\n\r\n`
				+ `${['mine-file', 'user_data'][i]}\r\n`).join('')
				+ '--b--\r\n' })).json.id;
		const [thought, said] = mine.output;
		const name = ({ id }) => ({ type: 'item_reference', id });
		const hi = say('stranger-asks', { model });
		const asks = (more) => ask('stranger-asks', { model, ...more });
		const user = { role: 'user', content: 'stranger-asks' };
		const cases = [
			['/v1/responses', asks({ input: [user, name(said)] }), 400],
			['/v1/responses', asks({ input: [name(thought), user] }), 200],
			['/v1/conversations', { items: [name(said)] }, 400],
			['/v1/responses', asks({ previous_response_id: mine.id }), 400],
			['/v1/responses/input_tokens', asks({ previous_response_id:
				mine.id }), 400],
			['/v1/responses', asks({ conversation: made }), 404],
			['/v1/responses', asks({}), 404, { 'x-conversation-id': made }],
			[`/c/${made}/v1/responses`, asks({}), 404],
			[`/c/${made}/v1/messages`, { ...hi, max_tokens: 9 }, 404],
			[`/c/${made}/v1/chat/completions`, hi, 404],
			['/v1/chat/completions', hi, 404, { 'x-conversation-id': made }],
			[`/v1/chat/completions/${made}`, hi, 404],
			['/v1/chat/completions', { ...hi, messages: [{ role: 'user',
				content: [{ type: 'file', file: { file_id: file } }] }] },
			404],
			['/v1/responses', asks({ input: [{ role: 'user', content: [
				{ type: 'input_file', file_id: file }] }] }), 404]];
		for (const [path, body, status, headers] of cases) {
			const r = await post(path, body, 'sk-other', headers);
			assert.equal(r.status, status,
				`${path} ${JSON.stringify(body)} ${r.text}`);
			assert.doesNotMatch(r.text, /mine-/);
		}
		for (const { body } of await sentWith(site, 'stranger-asks'))
			assert.doesNotMatch(JSON.stringify(body), /mine-/);
	}

	// A client that forgets the thinking gets it put back only where it may
	// have stayed.
	async function recalled() {
		const tools = [tool('weather')];
		const calls = [{ id: 'weather:0', name: 'weather', arguments: '{}' }];
		for (const [kind, more] of Object.entries({ stored: {},
			deleted: { store: true }, unstored: { store: false },
			strange: {} })) {
			const word = `recalled-${kind}`;
			await laid(site, word, { reasoning: `${word}-thought`,
				answer: '', tool_calls: calls });
			const body = say(word, { model: 'kimi-k3', tools, ...more });
			const { id, choices: [{ message }] } = (await call(site,
				paths.chat, { body })).json;
			if (kind === 'deleted')
				await call(site, `${paths.chat}/${id}`,
					{ method: 'DELETE' });
			const r = await call(site, paths.chat, { body: { ...body,
				messages: [...body.messages, forgetful(message),
					{ role: 'tool', content: 'dry',
						tool_call_id: message.tool_calls[0].id }] },
			key: kind === 'strange' ? 'sk-other' : 'sk-test' });
			assert.equal(r.status, 200, r.text);
			const { messages } = await bodyWith(site, word);
			assert.equal(messages[1].reasoning_content,
				kind === 'stored' ? `${word}-thought` : ' ');
		}
	}

	// Those of checks, of this one too, whatever became of its requests.
	async function secrets() {
		const known = [...used, 'sk-wrong-key-of-this-check-0123456789'];
		const at = ['/v1/responses', '/v1/conversations', '/v1/messages',
			'/v1/chat/completions', '/v1/completions', '/v1/files'];
		for (const key of known)
			for (const path of [...at, '/v1/responses/resp_x/cancel',
				'/v1/messages/count_tokens',
				`/v1/responses/resp_x?key=${secretOf(key)}`,
				'/v1/conversations/conv_x/items'])
				for (const method of ['GET', 'POST', 'DELETE'])
					await call(site, path, { key, method,
						headers: { 'x-api-key': key } });
		known.map(secretOf).forEach(nowhere);
	}

	await check('no attached document remains at Kimi', documents);
	await check('another key\'s data is not found', strangers);
	await check('thinking is restored only where it was stored', recalled);
	await Promise.all(Object.keys(services).flatMap((model) =>
		Object.keys(paths).flatMap((dialect) =>
			outcomes.map(([scene, end]) => check(
				`nothing stays: ${scene.name}, ${dialect}, ${model}`,
				() => both(dialect, model, scene, end))))));
	await check('no secret is in a file', secrets);
});
