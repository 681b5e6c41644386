// SPDX-License-Identifier: MIT
// Kimi Code sends some accounts reasoning_details: they are shown where there
// is no other reasoning, and come back to Kimi whole, through every API.

import assert from 'node:assert/strict';
import { Stream, call } from './lib/http.mjs';
import { bodyWith, codeKey, laid } from './lib/kimi.mjs';
import { withSite } from './lib/suite.mjs';

const settings = { KIMI_TOKENS: codeKey() };
const schema = { type: 'object', properties: {} };
const think = (word) => `${word}: «I think, 所以» "so"`;
const events = (s) => s.events.map((e) => /^\{|^data: \{|\ndata: \{/.test(e.data)
	&& JSON.parse(e.data.slice(e.data.indexOf('{')))).filter(Boolean);
const join = (list) => list.map((x) => x || '').join('');

// For each API: the request, the message of a reply that the client sends back,
// and the reasoning that it shows.
const apis = {
	chat: {
		path: '/v1/chat/completions',
		body: (messages) => ({ messages, tools: [{ type: 'function',
			function: { name: 'look', parameters: schema } }] }),
		ephemeral: { store: false },
		whole: (r) => [r.choices[0].message],
		streamed(s) {
			const deltas = events(s).map((c) => c.choices[0]?.delta || {});
			const calls = deltas.flatMap((d) => d.tool_calls || []);
			return [{ role: 'assistant',
				content: join(deltas.map((d) => d.content)),
				reasoning_content: join(deltas.map((d) => d.reasoning_content)),
				reasoning_details: deltas.flatMap((d) =>
					d.reasoning_details || []),
				...(calls.length && { tool_calls: [{ ...calls[0], function: {
					name: calls[0].function.name, arguments: '{}' } }] }) }];
		},
		reasoning: ([m]) => m.reasoning_content,
		result: ([m], text) => ({ role: 'tool', content: text,
			tool_call_id: m.tool_calls[0].id }),
		forget: ([{ reasoning_content, reasoning_details, ...rest }]) => [rest],
	},
	responses: {
		path: '/v1/responses',
		body: (input) => ({ input, include: ['reasoning.encrypted_content'],
			tools: [{ type: 'function', name: 'look', parameters: schema }] }),
		ephemeral: { store: false },
		whole: (r) => r.output,
		streamed: (s) => events(s).find((e) =>
			e.type === 'response.completed').response.output,
		reasoning: (items) => items.find((i) => i.type === 'reasoning')
			.summary[0].text,
		result: (items, text) => ({ type: 'function_call_output', output: text,
			call_id: items.find((i) => i.type === 'function_call').call_id }),
		forget: (items) => items.filter((i) => i.type !== 'reasoning'),
	},
	messages: {
		path: '/v1/messages',
		body: (messages) => ({ messages, max_tokens: 5000, thinking: { type: 'adaptive' },
			tools: [{ name: 'look', input_schema: schema }] }),
		ephemeral: {},
		whole: (r) => [{ role: 'assistant', content: r.content }],
		streamed(s) {
			const content = [];
			for (const data of events(s)) {
				if (data.type === 'content_block_start')
					content.push({ ...data.content_block });
				const block = content.at(-1), d = data.delta;
				if (d?.type === 'thinking_delta')
					block.thinking += d.thinking;
				if (d?.type === 'signature_delta')
					block.signature += d.signature;
				if (d?.type === 'text_delta')
					block.text += d.text;
			}
			return [{ role: 'assistant', content }];
		},
		reasoning: ([m]) => m.content.find((b) => b.type === 'thinking')
			.thinking,
		result: ([m], text) => ({ role: 'user', content: [{
			type: 'tool_result', content: text, tool_use_id: m.content
				.find((b) => b.type === 'tool_use').id }] }),
		forget: ([m]) => [{ ...m, content: m.content.filter((b) =>
			b.type !== 'thinking') }],
	},
};
const cases = Object.keys(apis).flatMap((api) => [false, true].flatMap(
	(stream) => ['only', 'both'].flatMap((details) => [false, true].map(
		(tool) => ({ api, stream, details, tool,
			word: `${api}-${stream}-${details}-${tool}` })))));

withSite('code_details', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	async function ask(api, stream, messages, more = {}, key = 'sk-test') {
		const { path, body, whole, streamed } = apis[api];
		const request = { method: 'POST', key, body: { model: 'k3', stream,
			...body(messages), ...more } };
		if (!stream) {
			const r = await call(site, path, request);
			assert.equal(r.status, 200, r.text);
			return whole(r.json);
		}
		const s = new Stream(site, path, request);
		await s.done;
		assert.equal(s.status, 200, s.raw);
		return streamed(s);
	}
	// Says it, sends it back in the way of `back`, returns what Kimi got.
	async function loop({ api, stream, details, tool, word }, back, more, key) {
		const question = { role: 'user', content: `details-of-${word}` };
		await laid(site, question.content, { details, reasoning: think(word),
			cut_bytes: 7, ...(tool ? { answer: '', tool_calls: [{ id: 'look:0',
				name: 'look', arguments: '{}' }] } : { answer: 'Yes.' }) });
		const said = await ask(api, stream, [question], more);
		assert.equal(apis[api].reasoning(said), think(word));
		const next = tool ? apis[api].result(said, `next-of-${word}`)
			: { role: 'user', content: `next-of-${word}` };
		await ask(api, stream, [question, ...back(said, apis[api]), next], more,
			key);
		return (await bodyWith(site, `next-of-${word}`)).messages[1];
	}
	const detailsOf = (m) => m.reasoning_details?.map((d) => d.type);
	const PAIR = ['summary', 'encrypted'];
	const all = (work) => Promise.all(cases.map(work));

	await check('they come back when the client drops its reasoning', () =>
		all(async (c) => {
			const sent = await loop({ ...c, word: `drop-${c.word}` },
				(said, { forget }) => forget(said), {});
			assert.deepEqual(detailsOf(sent), PAIR);
			assert.equal(sent.reasoning_content, think(`drop-${c.word}`));
			assert.equal(sent.reasoning_details[0].summary,
				think(`drop-${c.word}`));
			assert.deepEqual(Object.keys(sent.reasoning_details[1]),
				['type', 'encrypted']);
		}));
	await check('... when the client sends all back, and nothing is stored', () =>
		all(async (c) => {
			// For the API key that sends it back, that is.
			const sent = await loop({ ...c, word: `all-${c.word}` },
				(said) => said, apis[c.api].ephemeral, 'sk-other');
			assert.deepEqual(detailsOf(sent), PAIR);
			assert.equal(sent.reasoning_content, think(`all-${c.word}`));
		}));
	await check('... when a client of chat completions knows only the reasoning',
		() => all(async (c) => {
			if (c.api !== 'chat')
				return;
			const sent = await loop({ ...c, word: `some-${c.word}` },
				([{ reasoning_details, ...rest }]) => {
					assert.equal(reasoning_details.length, 1);
					return [rest];
				}, {});
			assert.deepEqual(detailsOf(sent), PAIR);
		}));
	await check('reasoning that the client changed goes without them', () =>
		all(async (c) => {
			if (c.api !== 'chat')
				return;
			const sent = await loop({ ...c, word: `changed-${c.word}` },
				([{ reasoning_details, ...rest }]) => [{ ...rest,
					reasoning_content: 'changed' }], {});
			assert.equal(sent.reasoning_details, undefined);
			assert.equal(sent.reasoning_content, 'changed');
		}));
	await check('a client\'s own are never passed on', async () => {
		for (const [i, own] of [
			[{ type: 'encrypted', encrypted: 'foreign' }],
			[{ index: 0, type: 'summary', summary: 'mine' }],
			[{ type: 'reasoning.text', text: 'mine' }], [], [null, 7],
			{}, 'x', null].entries()) {
			await ask('chat', false, [{ role: 'user', content: 'own' },
				{ role: 'assistant', content: 'Yes.', reasoning_details: own },
				{ role: 'user', content: `own-${i}` }]);
			const { messages } = await bodyWith(site, `own-${i}`);
			assert.deepEqual(Object.keys(messages[1]), ['role', 'content']);
		}
	});
	await check('a conversation keeps them', async () => {
		await laid(site, 'kept-details', { details: 'both', answer: 'Yes.',
			reasoning: think('kept') });
		const path = '/v1/chat/completions/with-details';
		const say = async (content) => assert.equal((await call(site, path, {
			body: { model: 'k3', messages: [{ role: 'user', content }] } }))
			.status, 200);
		await say('kept-details');
		await site.restart();
		await say('kept-details-on');
		const { messages } = await bodyWith(site, 'kept-details-on');
		assert.deepEqual(detailsOf(messages[1]), PAIR);
	});
	await check('other models are sent none', async () => {
		await laid(site, 'for-another-model', { details: 'both', answer: 'Yes.',
			reasoning: think('other') });
		const question = { role: 'user', content: 'for-another-model' };
		const said = await ask('chat', false, [question]);
		await ask('chat', false, [question, ...said,
			{ role: 'user', content: 'other-model' }],
		{ model: 'kimi-for-coding' });
		const { messages } = await bodyWith(site, 'other-model');
		assert.equal(messages[1].reasoning_content, think('other'));
		assert.equal(messages[1].reasoning_details, undefined);
	});
	await check('a search keeps them between its rounds', async () => {
		await laid(site, 'details-search', { details: 'both', answer: '',
			reasoning: think('search'), tool_calls: [{ id: 'web_search:0',
				name: 'web_search', arguments: '{"query":"x"}' }] });
		const r = await call(site, '/v1/chat/completions', { body: {
			model: 'k3-search', messages: [{ role: 'user',
				content: 'details-search' }] } });
		assert.equal(r.status, 200, r.text);
		const { messages } = await bodyWith(site, 'details-search');
		assert.deepEqual(detailsOf(messages[1]), PAIR);
	});
});
