// SPDX-License-Identifier: MIT
// Reasoning stays in its conversation, whatever the client's API: neither ids
// of calls that are not ours nor equal texts bring it into another one of the
// same API key.

import assert from 'node:assert/strict';
import { call, Stream } from './lib/http.mjs';
import { bodyWith, laid, platformKey } from './lib/kimi.mjs';
import { withSite } from './lib/suite.mjs';

const settings = { KIMI_TOKENS: platformKey() };
const schema = { type: 'object', properties: {} };

// How each API says the same conversation: [role, text] or a call with its
// result, { id, reasoning, result }.
const dialects = {
	chat: {
		path: '/v1/chat/completions',
		body: (turns) => ({
			tools: [{ type: 'function', function: { name: 'read',
				parameters: schema } }],
			messages: turns.flatMap((t) => Array.isArray(t)
				? [{ role: t[0], content: t[1] }]
				: [{ role: 'assistant', content: null,
					...(t.reasoning && { reasoning_content: t.reasoning }),
					tool_calls: [{ id: t.id, type: 'function',
						function: { name: 'read', arguments: '{}' } }] },
				{ role: 'tool', tool_call_id: t.id, content: t.result }]),
		}),
		callId: (reply) => reply.choices[0].message.tool_calls[0].id,
	},
	responses: {
		path: '/v1/responses',
		body: (turns) => ({
			tools: [{ type: 'function', name: 'read', parameters: schema }],
			input: turns.flatMap((t) => Array.isArray(t)
				? [{ role: t[0], content: t[1] }]
				: [...(t.reasoning ? [{ type: 'reasoning', summary: [
					{ type: 'summary_text', text: t.reasoning }] }] : []),
				{ type: 'function_call', call_id: t.id, name: 'read',
					arguments: '{}' },
				{ type: 'function_call_output', call_id: t.id,
					output: t.result }]),
		}),
		callId: (reply) => reply.output.find((i) =>
			i.type === 'function_call').call_id,
	},
	messages: {
		path: '/v1/messages',
		body: (turns) => ({
			max_tokens: 1000,
			tools: [{ name: 'read', input_schema: schema }],
			messages: turns.flatMap((t) => Array.isArray(t)
				? [{ role: t[0], content: t[1] }]
				: [{ role: 'assistant', content: [
					...(t.reasoning ? [{ type: 'thinking', signature: '',
						thinking: t.reasoning }] : []),
					{ type: 'tool_use', id: t.id, name: 'read', input: {} }] },
				{ role: 'user', content: [{ type: 'tool_result',
					tool_use_id: t.id, content: t.result }] }]),
		}),
		// This API has its own word in front.
		callId: (reply) => reply.content.find((b) =>
			b.type === 'tool_use').id.replace('toolu_', 'call_'),
	},
};
const names = Object.keys(dialects);
const everyPair = names.flatMap((from) => names.flatMap((to) =>
	[false, true].map((streams) => ({ from, to, streams,
		word: `${from}-${to}-${streams ? 'stream' : 'whole'}` }))));

withSite('reasoning_apart', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	async function say(dialect, turns, streams = false, more = {}) {
		const { path, body } = dialects[dialect];
		const request = { method: 'POST', body: { model: 'kimi-k2.6',
			...body(turns), ...more, stream: streams } };
		if (!streams) {
			const r = await call(site, path, request);
			assert.equal(r.status, 200, r.text);
			return r.json;
		}
		const s = new Stream(site, path, request);
		assert.equal(await s.done, 'end');
		assert.equal(s.status, 200, s.raw);
	}
	// What Kimi was sent as reasoning of the first reply.
	async function recalled(word) {
		const { messages } = await bodyWith(site, word);
		return messages.find((m) => m.role === 'assistant').reasoning_content;
	}

	await check('reasoning that a client sent stays where it was', own);
	await check('... also in a conversation, which keeps it', conversation);
	await check('equal ids of clients bring no reasoning of Kimi', equalIds);
	await check('equal texts after another question bring none', equalTexts);
	await check('... nor with other instructions, users, or images', setting);
	await check('ids of ours bring it back through every API', ours);
	await check('so does the whole history', history);
	await check('... shortened to the last call', shortened);

	async function own() {
		await Promise.all(everyPair.map(async ({ from, to, streams, word }) => {
			const id = `call_${word}`;
			const secret = `SECRET-OF-${word}`;
			await say(from, [['user', 'case of Mr A'],
				{ id, reasoning: secret, result: `r-${word}` }], streams,
			from === 'messages' ? {} : { store: true });
			assert.equal(await recalled(`r-${word}`), secret);
			await say(to, [['user', 'other talk'],
				{ id, result: `s-${word}` }], streams);
			assert.equal(await recalled(`s-${word}`), ' ');
		}));
	}

	async function conversation() {
		const path = '/v1/chat/completions/mr-a';
		const post = (body) => call(site, path, { body: {
			model: 'kimi-k2.6', ...body } });
		const turns = [['user', 'case of Mr A'],
			{ id: 'call_0', reasoning: 'KEPT', result: 'r-kept' }];
		assert.equal((await post(dialects.chat.body(turns))).status, 200);
		assert.equal((await post({ messages: [{ role: 'user',
			content: 'kept-on' }] })).status, 200);
		assert.equal(await recalled('kept-on'), 'KEPT');
		for (const to of names) {
			await say(to, [['user', 'case of Mr A'],
				{ id: 'call_0', result: `not-kept-${to}` }]);
			assert.equal(await recalled(`not-kept-${to}`), ' ');
		}
	}

	// A client may use its own numbers for the calls of Kimi.
	async function equalIds() {
		await Promise.all(everyPair.map(async ({ from, to, streams, word }) => {
			await laid(site, `numbered-${word}`, { answer: '',
				reasoning: 'SECRET', tool_calls: [{ id: 'call_0',
					name: 'read', arguments: '{}' }] });
			await say(from, [['user', `numbered-${word}`]], streams);
			await say(to, [['user', `numbered-${word}`],
				{ id: 'call_0', result: `n-${word}` }], streams);
			assert.equal(await recalled(`n-${word}`), ' ');
		}));
	}

	async function equalTexts() {
		await Promise.all(everyPair.map(async ({ from, to, streams, word }) => {
			await laid(site, `asked-by-a-${word}`, { answer: 'Yes.',
				reasoning: 'SECRET' });
			await say(from, [['user', `asked-by-a-${word}`]], streams);
			await say(to, [['user', `asked-by-b-${word}`],
				['assistant', 'Yes.'], ['user', `t-${word}`]], streams);
			assert.equal(await recalled(`t-${word}`), undefined);
		}));
	}

	async function setting() {
		const picture = (bytes) => [{ type: 'text', text: 'what is it?' },
			{ type: 'image_url', image_url: { url:
				`data:image/png;base64,${Buffer.from(bytes).toString('base64')}`,
			} }];
		const png = '\x89PNG\r\n\x1a\n';
		const cases = [
			[{ messages: [['system', 'for Ann'], ['user', 'hi']] },
				{ messages: [['system', 'for Bob'], ['user', 'hi']] }],
			[{ messages: [['user', 'hi']], user: 'Ann' },
				{ messages: [['user', 'hi']], user: 'Bob' }],
			[{ messages: [['user', picture(`${png}1`)]] },
				{ messages: [['user', picture(`${png}2`)]] }],
		];
		const post = async (members, more = []) => {
			const r = await call(site, '/v1/chat/completions', { body: {
				model: 'kimi-k2.6', ...members,
				messages: [...members.messages, ...more].map(
					([role, content]) => ({ role, content })) } });
			assert.equal(r.status, 200, r.text);
		};
		for (const [i, [a, b]] of cases.entries()) {
			await site.fake.scenes({ match: {}, times: 1,
				scene: { answer: 'Yes.', reasoning: `of Ann ${i}` } });
			await post(a);
			for (const [who, members] of [['a', a], ['b', b]]) {
				await post(members, [['assistant', 'Yes.'],
					['user', `setting-${i}-${who}`]]);
				assert.equal(await recalled(`setting-${i}-${who}`),
					who === 'a' ? `of Ann ${i}` : undefined);
			}
		}
	}

	async function ours() {
		await Promise.all(everyPair.map(async ({ from, to, word }) => {
			const question = ['user', `ours-${word}`];
			await laid(site, question[1], { answer: '', reasoning: word,
				tool_calls: [{ id: 'call_0', name: 'read', arguments: '{}' }] });
			const id = dialects[from].callId(await say(from, [question]));
			for (const streams of [false, true]) {
				const result = `o-${word}-${streams}`;
				await say(to, [question, { id, result }], streams);
				assert.equal(await recalled(result), word);
			}
		}));
	}

	async function history() {
		await Promise.all(everyPair.map(async ({ from, to, streams, word }) => {
			const turns = [['system', 'Be kind.'], ['user', `first-${word}`],
				['assistant', 'Hello!'], ['user', ` history-${word}\n`]];
			await laid(site, `history-${word}`, { answer: 'Yes.',
				reasoning: word });
			await say(from, turns, streams);
			await say(to, [...turns, ['assistant', 'Yes.\n'],
				['user', `h-${word}`]], streams);
			const { messages } = await bodyWith(site, `h-${word}`);
			assert.deepEqual(messages.filter((m) => m.role === 'assistant')
				.map((m) => m.reasoning_content), [undefined, word]);
		}));
	}

	async function shortened() {
		await Promise.all(everyPair.map(async ({ from, to, streams, word }) => {
			const question = ['user', `long-${word}`];
			await laid(site, question[1], { answer: '', reasoning: 'loop',
				tool_calls: [{ id: 'call_0', name: 'read', arguments: '{}' }] });
			const id = dialects[from].callId(await say(from, [question]));
			const loop = { id, result: `long-result-${word}` };
			await laid(site, loop.result, { answer: 'Done.',
				reasoning: word });
			await say(from, [question, loop], streams);
			await say(to, [['user', 'a summary'], loop,
				['assistant', 'Done.'], ['user', `l-${word}`]], streams);
			const { messages } = await bodyWith(site, `l-${word}`);
			assert.deepEqual(messages.filter((m) => m.role === 'assistant')
				.map((m) => m.reasoning_content), ['loop', word]);
		}));
	}
});
