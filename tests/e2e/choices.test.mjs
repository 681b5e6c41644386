// SPDX-License-Identifier: MIT
// Several choices: `n` on chat completions and completions, and several prompts
// on completions. They are made side by side, and are one request.

import assert from 'node:assert/strict';
import { until } from './lib/process.mjs';
import { Stream, call, chat, say, scene, stream } from './lib/http.mjs';
import { askCode, askK3, codeKey, cooldownOf, fingerprint, laid, platformKey,
	secretOf, sentWith, tool } from './lib/kimi.mjs';
import { OpenAI } from './lib/openai.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_CODE_STREAMS: null, KIMI_KEEPALIVE: 0.2, KIMI_DRAIN: 0.3 };
const answers = ['one', 'two', 'three'];
const sorted = (list) => [...list].sort();

for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`choices, ${mount.replace('_', ' ')}`, mount, { settings },
		(check, site) => tests(check, site, mount));

// The choices of a whole reply, in order.
function choicesOf(reply) {
	assert.equal(reply.status, 200, reply.text.slice(0, 500));
	const { choices } = reply.json;
	assert.deepEqual(choices.map((c) => c.index), choices.map((_, i) => i));
	return choices;
}

const textsOf = (reply) => choicesOf(reply).map((c) =>
	c.text ?? c.message.content);

// The choices of a stream, put together by their index.
function foldOf(s) {
	const all = [];
	for (const { choices: [c] = [] } of s.chunks) {
		if (!c)
			continue;
		const to = all[c.index] ||= { text: '', roles: 0, finish: null,
			args: '' };
		assert.equal(to.finish, null, 'chunks after the end');
		to.text += c.text ?? c.delta.content ?? '';
		to.roles += c.delta?.role === 'assistant';
		to.args += c.delta?.tool_calls?.[0].function.arguments ?? '';
		to.finish = c.finish_reason;
	}
	return all;
}

async function tests(check, site, mount) {
	const { fake } = site;
	const openai = new OpenAI({ apiKey: 'sk-test', maxRetries: 0,
		baseURL: `http://127.0.0.1:${site.port}/v1` });
	const path = '/v1/completions';
	// Each of the requests with that word gets one of the scenes.
	const lay = (word, scenes) => fake.scenes(scenes.map((one) => ({
		match: { prompt: word }, times: 1, scene: one })));
	const threeOf = async (word) => {
		await lay(word, answers.map((answer) => ({ answer, reasoning: '' })));
		return word;
	};
	const used = (n) => ({ usage: { prompt_tokens: 100 * n,
		completion_tokens: 10 * n, total_tokens: 110 * n, cached_tokens: n } });
	const list = ['a', 'b', 'c'].map((word) =>
		scene({ answer: `after ${word}` }, `prompt ${word}`));
	// Streams that wait for a gate after their first piece.
	const gated = (gate, more = {}) => scene({ chunks: 2, gate,
		answer: 'one two', reasoning: '', ...more });
	const begun = (s, n) => until(`${n} choices have begun`, () =>
		new Set(s.contents.map((e) => e.chunk.choices[0].index)).size === n);

	await Promise.all([
		check('a whole reply has all choices', whole),
		check('a stream has them by their index', streamed),
		check('usage is the sum, in one row', usage),
		check('streams run side by side', sideBySide),
		check('whole replies do so, too', wholeSideBySide),
		check('each prompt is continued', prompts),
		check('... in a stream', promptStream),
		check('calls, formats and limits hold for each', each),
		check('Kimi Code makes several', code),
		check('Kimi web does, and emulates tools for each', web),
		check('a file is uploaded once for all', files),
		check('a throttled credential is left by each', throttled),
		check('choices wait for the slots of each other', slots),
		check('choices wait where Kimi takes one at a time', crowded),
		check('one that fails ends all', failing),
		check('a client that leaves ends all', () => leaves(true)),
		check('... also one that does not stream', () => leaves(false)),
		check('a silent client gets keep-alives', keepAlives),
		check('the openai package reads them', sdk),
		check('what has one choice says so', refusals),
	]);
	await check('a process that is told to end ends all', told);
	await check('a killed process leaves one row', killed);

	async function whole() {
		const r = await chat(site, askK3(await threeOf('whole-of-three'),
			{ n: 3 }));
		assert.deepEqual(sorted(textsOf(r)), sorted(answers));
		for (const c of r.json.choices)
			assert.deepEqual([c.finish_reason, c.message.role,
				c.message.refusal, c.logprobs],
			['stop', 'assistant', null, null]);
		// The only one is as it always was.
		assert.deepEqual(textsOf(await chat(site, askK3(
			scene({ answer: 'alone' }), { n: 1 }))), ['alone']);
	}

	async function streamed() {
		const s = await finished(stream(site, askK3(
			await threeOf('stream-of-three'), { n: 3 })));
		const all = foldOf(s);
		assert.deepEqual(sorted(all.map((c) => c.text)), sorted(answers));
		assert.deepEqual(all.map((c) => [c.roles, c.finish]),
			answers.map(() => [1, 'stop']));
		assert.equal(new Set(s.chunks.map((c) => c.id)).size, 1);
		assert.equal(s.raw.split('[DONE]').length, 2);
		assert.ok(s.chunks.every((c) => !c.usage));
	}

	async function usage() {
		const ask = (word) => askK3(word, { n: 3,
			stream_options: { include_usage: true } });
		const sums = { prompt_tokens: 600, completion_tokens: 60,
			total_tokens: 660 };
		await lay('usage-whole', [1, 2, 3].map(used));
		const r = await chat(site, ask('usage-whole'));
		await lay('usage-stream', [1, 2, 3].map(used));
		const s = await finished(stream(site, ask('usage-stream')));
		const last = s.chunks.at(-1);
		assert.deepEqual(last.choices, []);
		assert.ok(s.chunks.slice(0, -1).every((c) => c.usage === null));
		for (const [u, headers] of [[r.json.usage, r.headers],
			[last.usage, s.headers]]) {
			for (const [name, n] of Object.entries(sums))
				assert.equal(u[name], n);
			assert.equal(u.prompt_tokens_details.cached_tokens, 6);
			const row = await site.row(headers['x-request-id']);
			assert.deepEqual([row.status, row.http_status,
				row.finish_reason, row.prompt_tokens,
				row.completion_tokens, row.cached_tokens,
				row.token_source],
			['done', 200, 'stop', 600, 60, 6, 'upstream']);
			assert.ok(row.first_token_ms <= row.duration_ms);
			const [{ n }] = await site.query(`SELECT count(*) AS n
				FROM messages WHERE request_seq = ${row.seq}`);
			assert.equal(n, 3);
		}
		// One of them without numbers makes the sum an estimate.
		await lay('usage-partly', [used(1), { ...used(1), usage_at: 'none' }]);
		const partly = (await chat(site, askK3('usage-partly', { n: 2 }))).json;
		assert.equal(partly.usage.source, 'estimated');
		assert.ok(partly.usage.prompt_tokens > 100);
	}

	async function sideBySide() {
		const key = platformKey();
		const s = stream(site, askK3(gated(key), { n: 8 }), { key });
		await begun(s, 8);
		await fake.open(key);
		await finished(s);
		assert.deepEqual(foldOf(s).map((c) => c.text),
			Array(8).fill('one two'));
	}

	async function wholeSideBySide() {
		const key = platformKey();
		const r = chat(site, askK3(gated(key, { hold: key }), { n: 8 }),
			{ key });
		await until('Kimi has all requests', async () =>
			(await fake.asked(secretOf(key), 'completion')).length === 8);
		await fake.open(key);
		assert.deepEqual(textsOf(await r), Array(8).fill('one two'));
	}

	async function prompts() {
		const ask = (more) => call(site, path, { body: { model: 'kimi-k3',
			prompt: list, max_tokens: 100, ...more } });
		const after = ['after a', 'after b', 'after c'];
		assert.deepEqual(textsOf(await ask({})), after);
		assert.deepEqual(textsOf(await ask({ n: 2, best_of: 2 })),
			after.flatMap((text) => [text, text]));
		assert.deepEqual(textsOf(await ask({ echo: true })),
			list.map((prompt, i) => prompt + after[i]));
		const many = await call(site, path, { body: { model: 'k2', n: 2,
			prompt: Array.from({ length: 20 }, (_, i) =>
				scene({ answer: `${i}` })), max_tokens: 100 } });
		assert.deepEqual(textsOf(many), Array.from({ length: 40 }, (_, i) =>
			`${i >> 1}`));
		const row = await site.row(many.headers['x-request-id']);
		assert.deepEqual([row.dialect, row.status],
			['openai_completions', 'done']);
	}

	async function promptStream() {
		const s = await finished(stream(site, { model: 'kimi-k3', n: 2,
			prompt: list, max_tokens: 100, echo: true,
			stream_options: { include_usage: true } }, { path }));
		const all = foldOf(s);
		assert.deepEqual(all.map((c) => c.text), [0, 0, 1, 1, 2, 2].map((i) =>
			`${list[i]}after ${'abc'[i]}`));
		assert.ok(all.every((c) => c.finish === 'stop'));
		assert.ok(s.chunks.at(-1).usage.total_tokens > 0);
	}

	async function each() {
		const calls = [1, 2].map((i) => ({ answer: '', reasoning: '',
			tool_calls: [{ id: `f:${i}`, name: 'f',
				arguments: `{"what":"${i}"}` }] }));
		await lay('calls-of-each', calls);
		const ask = { n: 2, tools: [tool('f')] };
		const r = await chat(site, askK3('calls-of-each', ask));
		const args = choicesOf(r).map((c) => {
			assert.equal(c.finish_reason, 'tool_calls');
			return c.message.tool_calls[0].function.arguments;
		});
		assert.deepEqual(sorted(args), ['{"what":"1"}', '{"what":"2"}']);
		await lay('calls-of-each', calls);
		const s = await finished(stream(site, askK3('calls-of-each', ask)));
		assert.deepEqual(sorted(foldOf(s).map((c) => c.args)), sorted(args));
		// The reasoning of whichever choice goes on is found again.
		const thought = scene({ answer: 'said', reasoning: 'thought-of-each' });
		const first = await chat(site, askK3(thought, { n: 2 }));
		for (const c of choicesOf(first))
			assert.equal(c.message.reasoning_content, 'thought-of-each');
		await lay('cut-of-each', [{ answer: 'a'.repeat(400) },
			{ answer: 'x STOP y' }]);
		const cut = choicesOf(await chat(site, say('cut-of-each', { n: 2,
			max_tokens: 20, stop: 'STOP' })));
		assert.deepEqual(sorted(cut.map((c) => c.finish_reason)),
			['length', 'stop']);
		assert.ok(cut.some((c) => c.message.content === 'x '));
		await lay('json-of-each', [{ answer: '{"a":1}' },
			{ answer: '```json\n{"a":2}\n```' }]);
		const json = textsOf(await chat(site, say('json-of-each', { n: 2,
			response_format: { type: 'json_object' } })));
		assert.deepEqual(sorted(json.map((text) => JSON.parse(text).a)),
			[1, 2]);
	}

	async function code() {
		const key = codeKey();
		const r = await chat(site, askCode(await threeOf('code-of-three'),
			{ n: 3 }), { key });
		assert.deepEqual(sorted(textsOf(r)), sorted(answers));
		assert.equal((await fake.asked(secretOf(key), 'completion')).length, 3);
	}

	async function web() {
		const mark = (i) => `<tool_call>{"name":"f","arguments":{"i":${i}}}`
			+ '</tool_call>';
		for (const ask of [chat, stream]) {
			const word = `web-tools-${ask.name}.`;
			await lay(word, [1, 2, 3].map((i) => ({ answer: mark(i) })));
			const body = say(word, { n: 3, tools: [tool('f')] });
			const args = ask === chat
				? choicesOf(await chat(site, body)).map((c) =>
					c.message.tool_calls[0].function.arguments)
				: foldOf(await finished(stream(site, body))).map((c) => c.args);
			assert.deepEqual(sorted(args.map((a) => JSON.parse(a).i)),
				[1, 2, 3]);
			// Each choice had a chat of its own, and none is left.
			const chats = (await sentWith(site, word)).map((r) =>
				/chat\/([^/]+)\//.exec(r.path)[1]);
			assert.equal(new Set(chats).size, 3);
			await until('their chats are deleted', async () => {
				const left = (await fake.stats()).chats;
				return !chats.some((id) => left.includes(id));
			});
		}
	}

	async function files() {
		const pdf = Buffer.from('%PDF-1.4 of all choices').toString('base64');
		for (const [model, key, upload, remove] of [
			['kimi-k3', platformKey(), 'files', 'file_delete'],
			['k2', 'web:refresh-of-the-files-of-choices', 'put', null]]) {
			const r = await chat(site, { model, n: 4, store: false,
				messages: [{ role: 'user', content: [
					{ type: 'text', text: 'read' },
					{ type: 'file', file: { filename: 'a.pdf', file_data:
						`data:application/pdf;base64,${pdf}` } }] }] }, { key });
			assert.equal(textsOf(r).length, 4);
			const { length } = (await fake.requests()).filter((q) =>
				q.route === upload && (upload === 'put'
					|| q.token === secretOf(key)));
			assert.equal(length, 1, `${length} uploads of ${model}`);
			if (remove)
				await until('the file is deleted', async () =>
					(await fake.asked(secretOf(key), remove)).length === 1);
		}
	}

	async function throttled() {
		const keys = [platformKey(), platformKey()];
		await fake.scenes({ match: { token: secretOf(keys[0]),
			route: 'completion' }, times: -1, scene: { fault: 'tpm' } });
		for (let i = 0; !await cooldownOf(site, keys[0]); i++) {
			const r = await chat(site, askK3(scene({ answer: 'yes' }),
				{ n: 4 }), { key: keys.join(',') });
			assert.deepEqual(textsOf(r), Array(4).fill('yes'));
			assert.ok(i < 3, 'nobody asked the throttled one');
		}
		// Without another one it is what a single choice gets.
		const r = await chat(site, askK3('hello', { n: 4 }), { key: keys[0] });
		assert.equal(errorOf(r, 429).code, 'rate_limit_exceeded');
	}

	// They take longer than a request would wait.
	async function slots() {
		const narrow = await startSite(mount, { fake, settings: {
			...settings, KIMI_WEB_STREAMS: 1, KIMI_QUEUE: 0.3 } });
		try {
			const s = await finished(stream(narrow, say(scene({ chunks: 3,
				chunk_ms: 200, answer: 'a b c' }), { n: 4 })));
			assert.deepEqual(foldOf(s).map((c) => c.text),
				Array(4).fill('a b c'));
			assert.equal((await narrow.query('SELECT 1 FROM slots')).length,
				0);
		} finally {
			await narrow.stop();
		}
	}

	// The others are refused until one has ended, each time.
	async function crowded() {
		const narrow = await startSite(mount, { settings });
		try {
			await narrow.fake.settings({ streams_max: 1 });
			const s = await finished(stream(narrow, askK3(scene({ chunks: 3,
				chunk_ms: 700, answer: 'a b c', reasoning: '' }), { n: 3 })));
			assert.deepEqual(foldOf(s).map((c) => c.text),
				Array(3).fill('a b c'));
			assert.equal((await narrow.fake.stats()).streams_most, 1);
		} finally {
			await narrow.stop();
		}
	}

	async function failing() {
		for (const streams of [true, false]) {
			const key = platformKey();
			const word = `fails-${streams}.`;
			// The one that fails does so once the others are on their way.
			await laid(site, word, { fault: 'content_filter', delay_ms: 300 });
			const body = askK3(word + gated('never'), { n: 3 });
			const { streams_aborted: before } = await fake.stats();
			let id;
			if (streams) {
				const s = stream(site, body, { key });
				await s.done;
				assert.equal(s.error.code, 'content_filter');
				assert.ok(!s.finished);
				assert.ok(foldOf(s).every((c) => c.finish === null));
				id = s.headers['x-request-id'];
			} else {
				const r = await chat(site, body, { key });
				assert.equal(errorOf(r, 400).code, 'content_filter');
				id = r.headers['x-request-id'];
			}
			await until('the others are stopped', async () =>
				(await fake.stats()).streams_aborted >= before + 2);
			const row = await site.row(id);
			assert.deepEqual([row.status, row.error_kind, row.http_status],
				['failed', 'content_filter', streams ? 200 : 400]);
			assert.ok(row.completion_tokens > 0);
		}
	}

	async function leaves(streams) {
		const key = platformKey();
		const s = new Stream(site, '/v1/chat/completions', { key,
			body: askK3(gated('never'), { n: 4, stream: streams }) });
		await until('Kimi has all requests', async () =>
			(await fake.asked(secretOf(key), 'completion')).length === 4);
		if (streams)
			await begun(s, 4);
		const { streams_aborted: before } = await fake.stats();
		s.leave();
		await until('all are stopped', async () =>
			(await fake.stats()).streams_aborted >= before + 4);
		await until('one row is closed', async () => {
			const rows = await site.query(`SELECT status, error_kind
				FROM requests JOIN keys ON keys.id = key_id
				WHERE fingerprint = '${fingerprint(key)}'`);
			assert.ok(rows.length <= 1);
			return rows[0]?.status === 'cancelled'
				&& rows[0].error_kind === 'client_gone';
		});
	}

	async function keepAlives() {
		const s = await finished(stream(site, askK3(scene({ silence_ms: 900,
			answer: 'late' }), { n: 2 })));
		assert.ok(s.comments.length >= 2, `${s.comments.length} keep-alives`);
		assert.deepEqual(foldOf(s).map((c) => c.text), ['late', 'late']);
	}

	async function sdk() {
		const messages = [{ role: 'user', content: await threeOf('sdk-whole') }];
		const done = await openai.chat.completions.create({ model: 'kimi-k3',
			messages, n: 3 });
		assert.deepEqual(sorted(done.choices.map((c) => c.message.content)),
			sorted(answers));
		messages[0].content = await threeOf('sdk-stream');
		const final = await openai.chat.completions.stream({ model: 'kimi-k3',
			messages, n: 3, stream_options: { include_usage: true } })
			.finalChatCompletion();
		assert.deepEqual(sorted(final.choices.map((c) => c.message.content)),
			sorted(answers));
		assert.ok(final.usage.total_tokens > 0);
		const prompts = await openai.completions.create({ model: 'kimi-k3',
			prompt: list });
		assert.deepEqual(prompts.choices.map((c) => c.index), [0, 1, 2]);
	}

	async function refusals() {
		for (const [n, code] of [[0, 'invalid_value'], [-1, 'invalid_value'],
			[9, 'invalid_value'], ['2', 'invalid_type'],
			[1.5, 'invalid_type'], [[2], 'invalid_type']])
			for (const r of [await chat(site, askK3('hello', { n })),
				await call(site, path, { body: { model: 'kimi-k3', n,
					prompt: 'hello' } })]) {
				const e = errorOf(r, 400);
				assert.deepEqual([e.param, e.code], ['n', code]);
			}
		for (const n of [null, 1, '1.0']) {
			const body = JSON.stringify(askK3('hello', { n: 'N' }))
				.replace('"N"', n);
			answerOf(await chat(site, body));
		}
		for (const r of [
			await chat(site, askK3('hello', { n: 2, store: true })),
			await chat(site, askK3('hello', { n: 2 }),
				{ path: '/v1/chat/completions/of-two' }),
			await chat(site, askK3('hello', { n: 2 }),
				{ path: '/c/of-two/v1/chat/completions' }),
			await chat(site, askK3('hello', { n: 2 }),
				{ headers: { 'x-conversation-id': 'of-two' } })])
			assert.equal(errorOf(r, 400).param, 'n');
		const e = errorOf(await call(site, path, { body: { model: 'kimi-k3',
			prompt: Array(65).fill('a') } }), 400);
		assert.equal(e.param, 'prompt');
	}

	async function told() {
		const { streams_aborted: before } = await fake.stats();
		const s = stream(site, askK3(gated('never'), { n: 3 }));
		await begun(s, 3);
		site.programs().forEach((pid) => process.kill(pid, 'SIGTERM'));
		await s.done;
		assert.ok(!s.finished);
		if (mount === 'lighttpd_fastcgi')
			assert.match(s.error.message, /shutting down/);
		const row = await site.row(s.headers['x-request-id']);
		assert.ok(['failed', 'cancelled'].includes(row.status));
		assert.ok((await fake.stats()).streams_aborted >= before + 3);
		await until('it serves again', async () =>
			(await chat(site, askK3('hello'))).status === 200);
	}

	async function killed() {
		const s = stream(site, askK3(gated('never'), { n: 3 }));
		await begun(s, 3);
		// A stateless request has its row after a second.
		const [row] = await until('it has a row', async () => {
			const rows = await site.query(`SELECT * FROM requests
				WHERE status = 'running'`);
			return rows.length > 0 && rows;
		});
		await site.crash();
		await s.done;
		assert.ok(!s.finished);
		await site.query(`UPDATE requests SET lease_until = 1
			WHERE seq = ${row.seq}`);
		const [shown] = await site.query(`SELECT status FROM v_errors
			WHERE request = '${row.id}'`);
		assert.equal(shown.status, 'interrupted');
		await until('it serves again', async () =>
			(await chat(site, askK3('hello', { n: 2 }))).status === 200);
	}
}
