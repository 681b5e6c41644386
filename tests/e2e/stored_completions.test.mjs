// SPDX-License-Identifier: MIT
// Chat completions with store:true, retrieved through the official openai
// package.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { call, chat, say, scene } from './lib/http.mjs';
import { OpenAI } from './lib/openai.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

withSite('stored completions', 'lighttpd_fastcgi', {}, async (check, site) => {
	const client = (apiKey = 'sk-test') => new OpenAI({ apiKey,
		baseURL: `http://127.0.0.1:${site.port}/v1`, maxRetries: 0 });
	const openai = client();
	const { completions } = openai.chat;
	const ask = (content, more) => ({ model: 'k2', store: true,
		messages: [{ role: 'user', content }], ...more });
	const all = async (list) => {
		const found = [];
		for await (const one of list)
			found.push(one);
		return found;
	};

	await Promise.all([
		check('one is returned as it was generated', back),
		check('so does a streamed one', streamed),
		check('calls and thinking are returned, too', calls),
		check('the messages it was made from are listed', messages),
		check('metadata can be replaced', metadata),
		check('lists are paged and filtered', lists),
		check('without store:true nothing is stored', notKept),
		check('one in a conversation outlives neither its deletion',
			inConversation),
		check('completions belong to their key', keys),
		check('the body tells a turn from an update', told),
	]);
	await check('deleted texts are in no file of the database', gone);

	async function back() {
		for (const model of ['k2', 'kimi-k3']) {
			const made = await completions.create(ask('hello',
				{ model, metadata: { a: 'b' } }));
			assert.match(made.id, /^chatcmpl-[A-Za-z0-9]{24}$/);
			assert.deepEqual(made.metadata, { a: 'b' });
			assert.deepEqual(await completions.retrieve(made.id), made);
		}
	}

	async function streamed() {
		let text = '';
		let id;
		for await (const chunk of await completions.create(
			ask('hello stream', { stream: true }))) {
			id = chunk.id;
			text += chunk.choices[0]?.delta.content || '';
		}
		const kept = await completions.retrieve(id);
		assert.equal(kept.choices[0].message.content, text);
		assert.equal(kept.object, 'chat.completion');
		assert.deepEqual(kept.metadata, {});
	}

	async function calls() {
		const made = await completions.create(ask(scene({
			reasoning: 'where?', tool_calls: [{ id: 'weather:0',
				name: 'weather', arguments: '{"city":"Oslo"}' }] }),
		{ model: 'kimi-k3', tools: [{ type: 'function', function: {
			name: 'weather', parameters: { type: 'object' } } }] }));
		assert.equal(made.choices[0].finish_reason, 'tool_calls');
		assert.equal(made.choices[0].message.reasoning_content, 'where?');
		assert.deepEqual(await completions.retrieve(made.id), made);
	}

	async function messages() {
		const said = [
			{ role: 'system', content: 'be short' },
			{ role: 'user', name: 'Ann', content: 'one' },
			{ role: 'assistant', content: 'two' },
			{ role: 'user', content: [{ type: 'text', text: 'thr' },
				{ type: 'text', text: 'ee' }] }];
		const { id } = await completions.create(
			ask('', { messages: said }));
		const first = await completions.messages.list(id, { limit: 1 });
		assert.equal(first.has_more, true);
		const list = await all(completions.messages.list(id, { limit: 3 }));
		assert.deepEqual(list.map((m) => m.id),
			[0, 1, 2, 3].map((n) => `${id}-${n}`));
		assert.deepEqual(list.map((m) => [m.role, m.content]),
			[['system', 'be short'], ['user', 'one'],
				['assistant', 'two'], ['user', 'three']]);
		assert.equal(list[1].name, 'Ann');
		assert.equal(list[2].name, null);
		assert.equal(list[1].content_parts, null);
		const down = await all(completions.messages.list(id,
			{ order: 'desc' }));
		assert.deepEqual(down, list.reverse());
	}

	async function metadata() {
		const made = await completions.create(ask('x',
			{ metadata: { a: 'b' } }));
		const changed = await completions.update(made.id,
			{ metadata: { c: 'd' } });
		assert.deepEqual(changed, { ...made, metadata: { c: 'd' } });
		assert.deepEqual(await completions.retrieve(made.id), changed);
		assert.deepEqual((await completions.update(made.id,
			{ metadata: null })).metadata, {});
		await assert.rejects(completions.update('chatcmpl-none',
			{ metadata: {} }), OpenAI.NotFoundError);
	}

	async function lists() {
		const lister = client('sk-other').chat.completions;
		const ids = [];
		for (let i = 0; i < 5; i++)
			ids.push((await lister.create(ask(`list ${i}`, {
				model: i % 2 ? 'kimi-k3' : 'k2',
				metadata: { even: String(i % 2 === 0), 'a b&c': '=' },
			}))).id);
		const found = async (query) => (await all(lister.list(query)))
			.map((c) => ids.indexOf(c.id)).join('');
		assert.equal(await found(), '01234');
		assert.equal(await found({ limit: 2 }), '01234');
		assert.equal(await found({ limit: 2, order: 'desc' }), '43210');
		assert.equal(await found({ model: 'kimi-k3' }), '13');
		assert.equal(await found({ metadata: { even: 'true' }, limit: 1 }),
			'024');
		assert.equal(await found({ metadata: { even: 'true',
			'a b&c': '=' }, order: 'desc' }), '420');
		assert.equal(await found({ metadata: { even: 'maybe' } }), '');
		const page = await lister.list({ limit: 2 });
		assert.equal(page.data[0].choices[0].message.role, 'assistant');
		assert.equal(page.has_more, true);
	}

	async function notKept() {
		for (const store of [undefined, null, false]) {
			const { id } = await completions.create(ask('x', { store }));
			await assert.rejects(completions.retrieve(id),
				OpenAI.NotFoundError);
		}
	}

	async function inConversation() {
		const path = '/chat/completions/keeps-completions';
		const made = await openai.post(path, { body: ask('in a talk') });
		assert.deepEqual({ ...await completions.retrieve(made.id) },
			{ ...made });
		assert.deepEqual({ ...await completions.delete(made.id) },
			{ id: made.id, object: 'chat.completion.deleted',
				deleted: true });
		const { data } = await openai.get(`${path}/messages`);
		assert.equal(data.length, 2);
		const again = await openai.post(path, { body: ask('once more') });
		await openai.delete(path);
		await assert.rejects(completions.retrieve(again.id),
			OpenAI.NotFoundError);
	}

	async function keys() {
		const { id } = await completions.create(ask('mine'));
		const other = client('sk-other').chat.completions;
		for (const attempt of [
			() => other.retrieve(id),
			() => other.update(id, { metadata: {} }),
			() => other.delete(id),
			() => other.messages.list(id),
			() => other.list({ after: id })])
			await assert.rejects(attempt(), OpenAI.NotFoundError);
		errorOf(await call(site, `/v1/chat/completions/${id}`,
			{ key: '' }), 401);
		await completions.retrieve(id);
	}

	async function told() {
		const { id } = await completions.create(ask('x'));
		const post = (to, body) => chat(site, body,
			{ path: `/v1/chat/completions/${to}` });
		errorOf(await post(id, say('x')), 400);
		for (const to of [id, 'somebody']) {
			const error = errorOf(await post(to, {}), 400);
			assert.equal(error.code, 'missing_required_parameter');
			assert.equal(error.param, 'messages');
		}
		errorOf(await post('somebody', { metadata: {} }), 404);
		const r = await post('somebody', say('x', { metadata: {} }));
		assert.equal(r.status, 200, r.text);
		const changed = await post('somebody', { metadata: { a: 'b' } });
		assert.equal(changed.json.object, 'conversation');
		assert.deepEqual(changed.json.metadata, { a: 'b' });
	}

	async function gone() {
		const secret = `secret of ${process.pid}`;
		const holds = () => ['', '-wal'].some((end) =>
			fs.readFileSync(site.db + end).includes(secret));
		const { id } = await completions.create(ask(secret,
			{ metadata: { secret } }));
		assert.ok(holds());
		await completions.delete(id);
		assert.ok(!holds());
		assert.deepEqual(await site.query(`SELECT * FROM v_messages
			WHERE content LIKE '%${secret}%'`), []);
		await assert.rejects(completions.retrieve(id), OpenAI.NotFoundError);
	}
});
