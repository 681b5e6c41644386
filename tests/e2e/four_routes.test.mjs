// SPDX-License-Identifier: MIT
// One conversation, made through one route and read and continued through the
// others: all show the same text.

import assert from 'node:assert/strict';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { sentWith } from './lib/kimi.mjs';
import { callOf, respond, textOf, weather } from './lib/responses.mjs';
import * as shapes from './lib/shapes_responses.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

withSite('four routes', 'lighttpd_fastcgi', {}, async (check, site) => {
	// Each says something in a conversation, and gives the answer's text.
	const routes = {
		stateful: async (id, text, model) => answerOf(await chat(site,
			say(text, { model }), { path: `/v1/chat/completions/${id}` })),
		'base URL': async (id, text, model) => answerOf(await chat(site,
			say(text, { model }),
			{ path: `/c/${id}/v1/chat/completions` })),
		header: async (id, text, model) => answerOf(await chat(site,
			say(text, { model }), { headers: { 'x-conversation-id': id } })),
		streamed: async (id, text, model) => (await finished(stream(site,
			say(text, { model }),
			{ path: `/c/${id}/v1/chat/completions` }))).text,
		responses: async (id, text, model) => textOf(await respond(site,
			{ model, input: text, conversation: id })),
		'responses, base URL': async (id, text, model) => textOf(
			await respond(site, { model, input: text },
				{ path: `/c/${id}/v1/responses` })),
		messages: async (id, text, model) => messageOf(await call(site,
			'/v1/messages', { body: anthropic(text, model),
				headers: { 'x-conversation-id': id } })),
		'messages, base URL': async (id, text, model) => messageOf(
			await call(site, `/c/${id}/v1/messages`,
				{ body: anthropic(text, model) })),
	};
	const anthropic = (text, model) => ({ model, max_tokens: 900,
		messages: [{ role: 'user', content: text }] });
	const messageOf = (reply) => {
		assert.equal(reply.status, 200, reply.text);
		return reply.json.content.filter((b) => b.type === 'text')
			.map((b) => b.text).join('');
	};

	const list = async (path, more) => {
		const r = await call(site, path, more);
		assert.equal(r.status, 200, r.text);
		return r.json;
	};

	// What was said, by each way of reading it: [[role, text], ...].
	const views = {
		items: async (id) => {
			const all = await list(
				`/v1/conversations/${id}/items?order=asc&limit=100`);
			shapes.itemList(all);
			return all.data.filter((i) => i.type === 'message')
				.map((i) => [i.role, i.content[0].text]);
		},
		'items, descending pages': async (id) => {
			const said = [];
			for (let after = ''; ;) {
				const page = await list(`/v1/conversations/${id}/items`
					+ `?limit=3${after}`);
				said.unshift(...[...page.data].reverse()
					.filter((i) => i.type === 'message')
					.map((i) => [i.role, i.content[0].text]));
				if (!page.has_more)
					return said;
				after = `&after=${page.last_id}`;
			}
		},
		messages: async (id) => (await list(
			`/v1/chat/completions/${id}/messages?limit=100`)).data
			.map((m) => [m.role, m.content]),
	};

	const made = {
		named: async (name) => name,
		'by Conversations': async () => (await list('/v1/conversations',
			{ body: {} })).id,
	};

	const names = Object.keys(routes);
	const turned = (first) => {
		const at = names.indexOf(first);
		return [...names.slice(at), ...names.slice(0, at)];
	};
	const checks = names.map((first, i) => check(
		`begun through ${first}, gone on through all`, () => goesOn(first,
			Object.keys(made)[i % 2], ['k2', 'kimi-k3'][(i >> 1) % 2])));
	await Promise.all([...checks,
		check('a conversation of items continues on every route',
			byItems),
		check('deleting it on one route deletes it on all', deleted),
		check('it belongs to its key', keys),
		check('a client that resends its history does not duplicate it',
			histories),
		check('... even if its system message has moved',
			systems),
		check('tool results may come through another route', calls)]);
	await check('... after a restart too', restarted);

	async function expectSame(id, said) {
		for (const [name, view] of Object.entries(views))
			assert.deepEqual(await view(id), said, name);
	}

	async function talk(id, order, model, said = []) {
		for (const name of order) {
			const text = `said through ${name} to ${id}`;
			const answer = await routes[name](id, text, model);
			assert.match(answer, new RegExp(`You said: ${text}$`));
			said.push(['user', text], ['assistant', answer]);
		}
		return said;
	}

	async function recalls(id, name, said, model) {
		const all = await routes[name](id, 'recall', model);
		for (const [role, text] of said)
			if (role === 'user')
				assert.ok(all.includes(text), `${text} is not in ${all}`);
		said.push(['user', 'recall'], ['assistant', all]);
	}

	async function goesOn(first, how, model) {
		const id = await made[how](`talk-${names.indexOf(first)}`);
		const order = turned(first);
		const said = await talk(id, order.slice(0, 1), model);
		await expectSame(id, said);
		await talk(id, order.slice(1), model, said);
		await recalls(id, order[0], said, model);
		await expectSame(id, said);
		const c = await list(`/v1/conversations/${id}`);
		shapes.conversation(c);
		assert.equal(c.id, id);
	}

	async function byItems() {
		const id = await made['by Conversations']();
		const items = [{ role: 'user', content: 'put there by hand' },
			{ role: 'assistant', content: 'put there, too' }];
		shapes.itemList(await list(`/v1/conversations/${id}/items`,
			{ body: { items } }));
		const said = items.map((i) => [i.role, i.content]);
		await expectSame(id, said);
		for (const name of names)
			await recalls(id, name, said, 'kimi-k3');
		await expectSame(id, said);
	}

	async function deleted() {
		for (const path of ['/v1/conversations/gone',
			'/v1/chat/completions/gone']) {
			await talk('gone', ['stateful', 'responses'], 'k2');
			assert.equal((await list(path, { method: 'DELETE' })).deleted,
				true);
			for (const left of ['/v1/conversations/gone',
				'/v1/conversations/gone/items',
				'/v1/chat/completions/gone/messages'])
				errorOf(await call(site, left), 404);
			assert.doesNotMatch(await routes.stateful('gone', 'recall', 'k2'),
				/said through/);
		}
	}

	async function keys() {
		await talk('mine', ['stateful'], 'k2');
		const key = 'sk-other';
		errorOf(await call(site, '/v1/conversations/mine', { key }), 404);
		errorOf(await call(site, '/v1/conversations/mine/items', { key }),
			404);
		const theirs = await chat(site, say('recall'), { key,
			path: '/c/mine/v1/chat/completions' });
		assert.doesNotMatch(answerOf(theirs), /said through/);
	}

	async function histories() {
		const id = 'histories';
		const said = await talk(id, ['base URL'], 'kimi-k3');
		for (const [path, more] of [
			[`/c/${id}/v1/chat/completions`, {}],
			['/v1/chat/completions', { headers: { 'x-conversation-id': id } }],
			[`/c/${id}/v1/messages`, {}]]) {
			const text = `again ${said.length}`;
			const r = await call(site, path, { ...more, body: {
				model: 'kimi-k3', max_tokens: 900, messages: [
					...said.map(([role, content]) => ({ role, content })),
					{ role: 'user', content: text }] } });
			assert.equal(r.status, 200, r.text);
			const answer = r.json.choices ? answerOf(r) : messageOf(r);
			said.push(['user', text], ['assistant', answer]);
			await expectSame(id, said);
			const [sent] = await sentWith(site, text);
			assert.equal(sent.body.messages.length, said.length - 1);
		}
	}

	async function systems() {
		const id = 'systems';
		const ask = async (path, body) => {
			const r = await call(site, `/c/${id}/v1/${path}`, { body: {
				model: 'kimi-k3', max_tokens: 900, ...body } });
			assert.equal(r.status, 200, r.text);
			return r.json.choices ? answerOf(r) : messageOf(r);
		};
		const said = [['user', 'systems-one']];
		const history = () => said.map(([role, content]) => ({ role, content }));
		const system = { role: 'system', content: 'Be brief.' };
		said.push(['assistant', await ask('messages', { system: 'Be brief.',
			messages: history() })]);
		said.push(['user', 'systems-two']);
		said.push(['assistant', await ask('chat/completions',
			{ messages: [system, ...history()] })]);
		said.push(['user', 'systems-three']);
		said.push(['assistant', await ask('messages',
			{ messages: history() })]);
		await expectSame(id, [['system', 'Be brief.'], ...said]);
		const [sent] = await sentWith(site, 'systems-three');
		assert.deepEqual(sent.body.messages.map((m) => m.role),
			['system', 'user', 'assistant', 'user', 'assistant', 'user']);
	}

	// Three dialects: each sends the result of a call that another one made.
	async function calls() {
		const id = 'calls';
		const schema = weather.parameters;
		const scenes = (word) => scene({ answer: `${word} `, reasoning: 'hm',
			tool_calls: [{ id: `weather:${word}`, name: 'weather',
				arguments: '{"city":"Oslo"}' }] });
		const ask = async (path, body) => {
			const r = await call(site, `/c/${id}/v1/${path}`, { body: {
				model: 'kimi-k3', ...body } });
			assert.equal(r.status, 200, r.text);
			return r.json;
		};
		const tools = [{ type: 'function', function: { name: 'weather',
			parameters: schema } }];
		const one = await ask('chat/completions', { tools, messages: [
			{ role: 'user', content: scenes('one') }] });
		const [{ id: called }] = one.choices[0].message.tool_calls;
		const two = await ask('responses', { tools: [weather], input: [
			{ type: 'function_call_output', call_id: called, output: 'calls-1' },
			{ role: 'user', content: scenes('two') }] });
		const { call_id } = callOf(two);
		const three = await ask('messages', { max_tokens: 900, tools: [
			{ name: 'weather', input_schema: schema }], messages: [
			{ role: 'user', content: [{ type: 'tool_result', tool_use_id:
				call_id.replace('call_', 'toolu_'), content: 'calls-2' },
			{ type: 'text', text: scenes('three') }] }] });
		const use = three.content.find((b) => b.type === 'tool_use');
		const four = await ask('chat/completions', { tools, messages: [
			{ role: 'tool', tool_call_id: use.id.replace('toolu_', 'call_'),
				content: 'calls-3' },
			{ role: 'user', content: 'calls-end' }] });
		assert.match(four.choices[0].message.content, /calls-end$/);
		const [{ body: { messages } }] = await sentWith(site, 'calls-end');
		assert.deepEqual(messages.map((m) => m.role), ['user', 'assistant',
			'tool', 'user', 'assistant', 'tool', 'user', 'assistant', 'tool',
			'user']);
		for (const i of [1, 4, 7]) {
			assert.equal(messages[i].reasoning_content, 'hm');
			assert.equal(messages[i + 1].tool_call_id,
				messages[i].tool_calls[0].id);
		}
	}

	async function restarted() {
		const id = 'restarted';
		const said = await talk(id, ['responses, base URL', 'streamed'],
			'kimi-k3');
		await site.restart();
		await expectSame(id, said);
		await recalls(id, 'messages', said, 'kimi-k3');
		await expectSame(id, said);
	}
});
