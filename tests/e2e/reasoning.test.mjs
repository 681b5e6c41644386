// SPDX-License-Identifier: MIT
// Clients drop the reasoning of answers, and models that think want it back:
// it is found again by the ids of calls, or by the whole history before it.

import assert from 'node:assert/strict';
import { chat, say, scene, stream } from './lib/http.mjs';
import { bodyWith, codeKey, forgetful, messageOf, platformKey, sentWith, tool }
	from './lib/kimi.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_TOKENS: ['web:refresh-of-the-test',
	platformKey('pool'), platformKey('pool'), codeKey('pool'),
	codeKey('pool')].join(',') };
const models = ['kimi-k3', 'kimi-k2.6', 'kimi-k2.7-code', 'k3',
	'kimi-for-coding'];
const tools = ['look', 'read'].map(tool);
const call = (name, n = 0) => ({ id: `functions.${name}:${n}`, name,
	arguments: '{"what":"it"}' });
const UNKNOWN = ' ';

withSite('reasoning', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	// What was asked, by its first word.
	const asked = new Map();
	// The assistant message of an answer to such a scene.
	const said = async (word, model, members, request) => {
		const body = say(scene(members, word), { model,
			...(model === 'k1.5' ? {} : { tools }) });
		asked.set(word, body.messages);
		const r = await chat(site, body, request);
		answerOf(r);
		return r.json.choices[0].message;
	};
	// Tells the answer again with the results of its calls, and returns what
	// Kimi was sent of it.
	const tellAgain = async (word, model, message, request) => {
		const results = (message.tool_calls || []).map((c) => ({ role: 'tool',
			tool_call_id: c.id, content: `${word} found` }));
		const more = results.length ? results
			: [{ role: 'user', content: `${word} goes on` }];
		answerOf(await chat(site, { model, tools, messages: [
			...asked.get(word) || [{ role: 'user', content: word }],
			message, ...more] }, request));
		const { messages } = await bodyWith(site, more[0].content);
		return messages[1];
	};
	const think = (word) => `${word}: «I think, 所以» 👍🏽 "so"\n\tthere`;

	await Promise.all([
		check('a tool loop gets dropped reasoning back', loop),
		check('... also after a stream', streamed),
		check('... of each round, in the order of the rounds', rounds),
		check('... when the client sends only the result to a conversation',
			conversation),
		check('another credential of the pool gets it as well', pool),
		check('another API key does not', otherKey),
		check('unknown calls get a blank, which Kimi accepts', unknown),
		check('a plain reply gets its reasoning back', plain),
		check('... whatever white space surrounds it, also as parts',
			spaces),
		check('of identical histories the last one counts, per key',
			equal),
		check('reasoning sent by the client is left alone', own),
		check('reasoning of Kimi web is passed on to other services',
			fromWeb),
		check('a model without thinking is sent no reasoning',
			thoughtless),
	]);
	await check('nothing is lost in a restart', restart);

	async function loop() {
		await Promise.all(models.map(async (model) => {
			const word = `loop-${model}`;
			const message = await said(word, model, { answer: '',
				reasoning: think(word), tool_calls: [call('look'),
					call('read', 1)] });
			assert.equal(message.reasoning_content, think(word));
			const sent = await tellAgain(word, model, forgetful(message));
			assert.equal(sent.reasoning_content, think(word));
			assert.deepEqual(sent.tool_calls.map((c) => c.id),
				['functions.look:0', 'functions.read:1']);
		}));
	}

	async function streamed() {
		const word = 'loop-streamed';
		const s = await finished(stream(site, say(scene({ answer: 'Wait.',
			reasoning: think(word), cut_bytes: 3,
			tool_calls: [call('look')] }, word),
		{ model: 'kimi-k3', tools })));
		const message = messageOf(s);
		assert.equal(message.reasoning_content, think(word));
		const sent = await tellAgain(word, 'kimi-k3', forgetful({
			role: 'assistant', ...message }));
		assert.equal(sent.reasoning_content, think(word));
		assert.equal(sent.content, 'Wait.');
	}

	async function rounds() {
		const messages = [{ role: 'user', content: 'rounds-start' }];
		for (let i = 0; i < 4; i++) {
			await site.fake.scenes({ match: { prompt: 'rounds-start' },
				times: 1, scene: { answer: '', reasoning: think(`round-${i}`),
					tool_calls: [call('look')] } });
			const r = await chat(site, { model: 'kimi-k3', tools, messages });
			answerOf(r);
			const [{ message }] = r.json.choices;
			messages.push(forgetful(message), { role: 'tool',
				tool_call_id: message.tool_calls[0].id,
				content: `result-${i}` });
		}
		answerOf(await chat(site, { model: 'kimi-k3', tools, messages }));
		const body = await bodyWith(site, 'result-3');
		assert.deepEqual(body.messages.map((m) => m.reasoning_content)
			.filter(Boolean), [0, 1, 2, 3].map((i) => think(`round-${i}`)));
	}

	async function conversation() {
		const path = '/v1/chat/completions/with-tools';
		const message = await said('remembered-call', 'k3', { answer: '',
			reasoning: think('remembered'), tool_calls: [call('look')] },
		{ path });
		answerOf(await chat(site, { model: 'k3', tools, messages: [
			{ role: 'tool', tool_call_id: message.tool_calls[0].id,
				content: 'remembered-result' }] }, { path }));
		const { messages } = await bodyWith(site, 'remembered-result');
		assert.deepEqual(messages.map((m) => m.role),
			['user', 'assistant', 'tool']);
		assert.equal(messages[1].reasoning_content, think('remembered'));
	}

	async function pool() {
		for (const model of ['kimi-k3', 'k3']) {
			const word = `pool-${model}`;
			const message = forgetful(await said(word, model, { answer: '',
				reasoning: think(word), tool_calls: [call('look')] }));
			// Other tests take turns in the same pool.
			let by = new Set();
			for (let i = 0; i < 20 && by.size < 2; i++) {
				assert.equal((await tellAgain(`${word}-${i}`, model,
					message)).reasoning_content, think(word));
				by = new Set((await sentWith(site, `${word}-`))
					.map((r) => r.token));
			}
			assert.equal(by.size, 2);
		}
	}

	async function otherKey() {
		const word = 'other-key';
		const first = forgetful(await said(word, 'kimi-k3', { answer: '',
			reasoning: think(word), tool_calls: [call('look')] }));
		const sent = await tellAgain(word, 'kimi-k3', first,
			{ key: 'sk-other' });
		assert.equal(sent.reasoning_content, UNKNOWN);
		const plain = forgetful(await said(`${word}-plain`, 'kimi-k3',
			{ answer: 'said to one key', reasoning: think(word) }));
		for (const key of ['sk-other', platformKey()])
			assert.equal((await tellAgain(`${word}-plain`, 'kimi-k3', plain,
				{ key })).reasoning_content, undefined);
	}

	async function unknown() {
		await Promise.all(models.map(async (model) => {
			const sent = await tellAgain(`unknown-${model}`, model, {
				role: 'assistant', content: null, tool_calls: [{
					id: 'call_of_another_service', type: 'function',
					function: { name: 'look', arguments: '{}' } }] });
			assert.equal(sent.reasoning_content, UNKNOWN);
			assert.equal(sent.tool_calls[0].id, 'call_of_another_service');
		}));
	}

	async function plain() {
		for (const model of ['kimi-k3', 'k3']) {
			const word = `plain-${model}`;
			const message = await said(word, model, { reasoning: think(word),
				answer: `the answer of ${word}` });
			const sent = await tellAgain(word, model, forgetful(message));
			assert.equal(sent.reasoning_content, think(word));
		}
	}

	async function spaces() {
		const word = 'spaces';
		await said(word, 'kimi-k3', { reasoning: think(word),
			answer: '\n the spaced answer\n\n' });
		for (const content of ['the spaced answer', ' the spaced answer ',
			[{ type: 'text', text: 'the spaced' },
				{ type: 'text', text: ' answer\n' }]])
			assert.equal((await tellAgain(word, 'kimi-k3', {
				role: 'assistant', content })).reasoning_content,
			think(word));
		assert.equal((await tellAgain(word, 'kimi-k3', { role: 'assistant',
			content: 'the spaced  answer' })).reasoning_content, undefined);
	}

	async function equal() {
		const answer = 'Yes, equally.';
		for (const [key, reasoning] of [['sk-test', 'one'],
			['sk-test', 'two'], ['sk-other', 'three']]) {
			await site.fake.scenes({ match: { prompt: '"equal"' },
				scene: { answer, reasoning } });
			answerOf(await chat(site, say('equal', { model: 'kimi-k3' }),
				{ key }));
		}
		// What a client tells without reasoning does not hide it.
		answerOf(await chat(site, { model: 'kimi-k2.6', messages: [
			{ role: 'user', content: 'equal' },
			{ role: 'assistant', content: answer },
			{ role: 'user', content: 'and now?' }] },
		{ path: '/v1/chat/completions/equal' }));
		for (const [key, reasoning] of [['sk-test', 'two'],
			['sk-other', 'three']])
			assert.equal((await tellAgain('equal', 'kimi-k3', {
				role: 'assistant', content: answer }, { key }))
				.reasoning_content, reasoning);
	}

	async function own() {
		const word = 'own-reasoning';
		const message = forgetful(await said(word, 'kimi-k3', { answer: '',
			reasoning: think(word), tool_calls: [call('look')] }));
		for (const field of ['reasoning_content', 'reasoning'])
			assert.equal((await tellAgain(word, 'kimi-k3', { ...message,
				[field]: 'rewritten' })).reasoning_content, 'rewritten');
		assert.equal((await tellAgain(word, 'kimi-k3', { ...message,
			reasoning_content: '' })).reasoning_content, think(word));
	}

	async function fromWeb() {
		const word = 'from-the-web';
		const message = await said(word, 'k1.5', { reasoning: think(word),
			answer: 'an answer of the web' });
		const sent = await tellAgain(word, 'kimi-k3', forgetful(message));
		assert.equal(sent.reasoning_content, think(word));
	}

	async function thoughtless() {
		const word = 'thoughtless';
		const message = forgetful(await said(word, 'kimi-k3', {
			reasoning: think(word), answer: 'an answer to be told to old' }));
		await chat(site, { model: 'moonshot-v1-8k', messages: [
			...asked.get(word), message,
			{ role: 'user', content: 'thoughtless-on' }] });
		const { messages } = await bodyWith(site, 'thoughtless-on');
		assert.deepEqual(Object.keys(messages[1]).sort(),
			['content', 'role']);
	}

	async function restart() {
		const word = 'before-the-restart';
		const loop = forgetful(await said(word, 'kimi-k3', { answer: '',
			reasoning: think(word), tool_calls: [call('look')] }));
		const plain = forgetful(await said(`${word}-plain`, 'k3', {
			answer: 'before it', reasoning: think('plain') }));
		await site.restart();
		assert.equal((await tellAgain(word, 'kimi-k3', loop))
			.reasoning_content, think(word));
		assert.equal((await tellAgain(`${word}-plain`, 'k3', plain))
			.reasoning_content, think('plain'));
	}
});
