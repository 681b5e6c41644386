// SPDX-License-Identifier: MIT
// Conversations through the official openai package: the same ones that
// POST /v1/chat/completions/{id} has.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { until } from './lib/process.mjs';
import { call, chat, say, scene } from './lib/http.mjs';
import { OpenAI } from './lib/openai.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

const settings = { KIMI_QUEUE: 1 };

withSite('conversations API', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const client = (apiKey = 'sk-test') => new OpenAI({ apiKey,
			baseURL: `http://127.0.0.1:${site.port}/v1`, maxRetries: 0 });
		const openai = client();
		const { conversations } = openai;
		const { items } = conversations;

		const user = (text) => ({ type: 'message', role: 'user',
			content: text });
		const answer = [
			{ type: 'reasoning', id: 'rs_x', summary: [
				{ type: 'summary_text', text: 'where?' }] },
			{ type: 'message', role: 'assistant', content: [
				{ type: 'output_text', text: 'I look.' }] },
			{ type: 'function_call', call_id: 'call_1', name: 'find',
				arguments: '{}' }];
		const output = { type: 'function_call_output', call_id: 'call_1',
			output: 'in the attic' };
		const turn = async (id, text, more, request) => answerOf(
			await chat(site, say(text, more),
				{ path: `/v1/chat/completions/${id}`, ...request }));
		const all = async (list) => {
			const found = [];
			for await (const one of list)
				found.push(one);
			return found;
		};
		const textOf = (item) => item.content?.[0].text;

		await Promise.all([
			check('one is created, updated and deleted', whole),
			check('items come back as they were put in', putIn),
			check('an item may be referred to instead of sent', named),
			check('lists are paged', paged),
			check('items are deleted one by one, even at once', atOnce),
			check('a turn sees added items', seen),
			check('turns become items', turns),
			check('a turn does not see deleted items', unseen),
			check('while a turn runs nothing can be changed', locked),
			check('conversations belong to their key', keys),
			check('more than 20 items at once are refused', many),
			check('unknown ids are NotFoundError', unknown),
		]);
		await check('deleted conversations are in no file and not at Kimi', gone);

		async function whole() {
			const made = await conversations.create();
			assert.match(made.id, /^conv_[A-Za-z0-9]{24}$/);
			assert.equal(made.object, 'conversation');
			assert.ok(Math.abs(made.created_at - Date.now() / 1000) < 60);
			assert.deepEqual(made.metadata, {});
			const { id } = made;
			assert.deepEqual(await conversations.retrieve(id), made);
			const changed = await conversations.update(id,
				{ metadata: { topic: 'wéather' } });
			assert.deepEqual(changed,
				{ ...made, metadata: { topic: 'wéather' } });
			assert.deepEqual(await conversations.retrieve(id), changed);
			assert.deepEqual({ ...await conversations.delete(id) },
				{ id, object: 'conversation.deleted', deleted: true });
			await assert.rejects(conversations.retrieve(id),
				OpenAI.NotFoundError);
		}

		async function putIn() {
			const { id, metadata } = await conversations.create({
				metadata: { a: 'b' }, items: [user('where is it?')] });
			assert.deepEqual(metadata, { a: 'b' });
			const added = await items.create(id,
				{ items: [...answer, output] });
			assert.equal(added.object, 'list');
			assert.deepEqual(added.data.map((i) => i.type), ['reasoning',
				'message', 'function_call', 'function_call_output']);
			assert.equal(added.first_id, added.data[0].id);
			assert.equal(added.last_id, added.data[3].id);
			assert.equal(added.has_more, false);
			const [thought, said, called, told] = added.data;
			assert.equal(thought.summary[0].text, 'where?');
			assert.equal(said.role, 'assistant');
			assert.equal(said.status, 'completed');
			assert.equal(textOf(said), 'I look.');
			assert.equal(called.name, 'find');
			assert.equal(told.call_id, called.call_id);
			assert.equal(told.output, 'in the attic');
			for (const item of added.data)
				assert.deepEqual({ ...await items.retrieve(item.id,
					{ conversation_id: id }) }, { ...item });
			const [first] = await all(items.list(id, { order: 'asc' }));
			assert.equal(first.type, 'message');
			assert.deepEqual(first.content,
				[{ type: 'input_text', text: 'where is it?' }]);
		}

		async function named() {
			const from = await conversations.create({ items: answer });
			const [, said] = (await items.list(from.id,
				{ order: 'asc' })).data;
			const name = (id) => ({ type: 'item_reference', id });
			const { id } = await conversations.create(
				{ items: [user('q'), name(said.id)] });
			assert.deepEqual((await all(items.list(id,
				{ order: 'asc' }))).map(textOf), ['q', 'I look.']);
			await assert.rejects(items.create(id,
				{ items: [name('msg_none')] }), (e) =>
				e instanceof OpenAI.BadRequestError
					&& e.param === 'items[0].id');
		}

		async function paged() {
			const { id } = await conversations.create({ items:
				Array.from({ length: 20 }, (_, i) => user(`n${i}`)) });
			await items.create(id, { items:
				Array.from({ length: 5 }, (_, i) => user(`n${20 + i}`)) });
			const up = Array.from({ length: 25 }, (_, i) => `n${i}`);
			const first = await items.list(id);
			assert.equal(first.data.length, 20);
			assert.equal(first.has_more, true);
			assert.deepEqual((await all(items.list(id))).map(textOf),
				[...up].reverse());
			for (const limit of [1, 7, 25, 100])
				assert.deepEqual((await all(items.list(id,
					{ limit, order: 'asc' }))).map(textOf), up);
			await assert.rejects(all(items.list(id, { limit: 101 })),
				OpenAI.BadRequestError);
		}

		async function atOnce() {
			const { id } = await conversations.create(
				{ items: [user('q'), ...answer, output] });
			const kept = await all(items.list(id, { order: 'asc' }));
			await Promise.all(kept.slice(1, 4).map(async (item) => {
				const left = await items.delete(item.id,
					{ conversation_id: id });
				assert.equal(left.id, id);
				assert.equal(left.object, 'conversation');
			}));
			assert.deepEqual(await all(items.list(id, { order: 'asc' })),
				[kept[0], kept[4]]);
			await assert.rejects(items.retrieve(kept[2].id,
				{ conversation_id: id }), OpenAI.NotFoundError);
		}

		async function seen() {
			for (const model of ['k2', 'kimi-k3']) {
				const { id } = await conversations.create(
					{ items: [user(`my fish is Bo of ${model}`)] });
				assert.match(await turn(id, 'recall', { model }),
					/my fish is Bo of/);
				await items.create(id, { items: [user('and a bird')] });
				assert.match(await turn(id, 'recall', { model }),
					/and a bird/);
			}
		}

		async function turns() {
			const id = 'my own name.1';
			const path = encodeURIComponent(id).replace(/%20/g, '_');
			await turn(path, scene({ reasoning: 'thinking', answer: 'Hi' },
				'hello'), { model: 'kimi-k3' });
			const list = await all(items.list(path, { order: 'asc' }));
			assert.deepEqual(list.map((i) => i.type),
				['message', 'reasoning', 'message']);
			assert.match(textOf(list[0]), /^hello/);
			assert.equal(list[1].summary[0].text, 'thinking');
			assert.equal(textOf(list[2]), 'Hi');
			assert.equal((await conversations.retrieve(path)).id, path);
			const { data } = await openai.get(
				`/chat/completions/${path}/messages`);
			assert.deepEqual(data.map((m) => m.role),
				['user', 'assistant']);
			assert.equal(data[1].reasoning_content, 'thinking');
		}

		async function unseen() {
			for (const model of ['k2', 'kimi-k3']) {
				const id = `unseen-${model}`;
				await turn(id, 'my number is 4711', { model });
				await turn(id, 'my number is 4712', { model });
				const list = await all(items.list(id));
				for (const item of list)
					if (textOf(item)?.includes('4711'))
						await items.delete(item.id,
							{ conversation_id: id });
				const said = await turn(id, 'recall', { model });
				assert.match(said, /4712/);
				assert.doesNotMatch(said, /4711/);
			}
		}

		async function locked() {
			const { id } = await conversations.create(
				{ items: [user('before')] });
			const [item] = (await items.list(id)).data;
			const running = turn(id, scene({ hold: 'locked' }, 'slow'));
			await until('the turn runs', async () => (await site.query(
				`SELECT 1 FROM requests r JOIN conversations c
				ON c.id = r.conversation_id WHERE c.name = '${id}'
				AND r.status = 'running'`)).length);
			for (const change of [
				() => items.create(id, { items: [user('now')] }),
				() => items.delete(item.id, { conversation_id: id }),
				() => conversations.delete(id)])
				await assert.rejects(change(), (e) =>
					e instanceof OpenAI.ConflictError
						&& e.code === 'conversation_locked');
			await site.fake.open('locked');
			await running;
			await items.create(id, { items: [user('now')] });
		}

		async function keys() {
			const { id } = await conversations.create(
				{ items: [user('mine')] });
			const [item] = (await items.list(id)).data;
			const other = client('sk-other').conversations;
			for (const attempt of [
				() => other.retrieve(id),
				() => other.update(id, { metadata: {} }),
				() => other.delete(id),
				() => other.items.list(id),
				() => other.items.create(id, { items: [user('x')] }),
				() => other.items.retrieve(item.id,
					{ conversation_id: id }),
				() => other.items.delete(item.id,
					{ conversation_id: id })])
				await assert.rejects(attempt(), OpenAI.NotFoundError);
			const r = await call(site, `/v1/conversations/${id}`,
				{ key: '' });
			errorOf(r, 401);
			assert.equal((await items.list(id)).data.length, 1);
		}

		async function many() {
			const list = Array.from({ length: 21 }, () => user('x'));
			await assert.rejects(conversations.create({ items: list }),
				(e) => e instanceof OpenAI.BadRequestError
					&& e.param === 'items');
		}

		async function unknown() {
			await assert.rejects(conversations.retrieve('conv_none'),
				OpenAI.NotFoundError);
			const { id } = await conversations.create();
			await assert.rejects(items.retrieve('msg_none',
				{ conversation_id: id }), OpenAI.NotFoundError);
			await assert.rejects(items.list(id, { after: 'msg_none' }),
				OpenAI.NotFoundError);
		}

		async function gone() {
			const secrets = ['put in', 'said', 'kept'].map((word) =>
				`${word} by ${process.pid}`);
			const holds = (text) => ['', '-wal'].some((end) =>
				fs.readFileSync(site.db + end).includes(text));
			const { id } = await conversations.create(
				{ items: [user(secrets[0]), user('rest')] });
			const chatOf = async (name) => {
				const [{ chat }] = await site.query(`SELECT chat
					FROM conversations WHERE name = '${name}'`);
				assert.ok((await site.fake.stats()).chats.includes(chat));
				return chat;
			};
			// The fake would say it again.
			const told = (text) => scene({ answer: 'ok' }, text);
			await turn(id, told(secrets[1]));
			await turn(id, told(secrets[2]), { store: true });
			const first = await chatOf(id);
			const [item] = (await items.list(id, { order: 'asc' })).data;
			await items.delete(item.id, { conversation_id: id });
			assert.ok(!holds(secrets[0]));
			await turn(id, told('go on'));
			assert.ok(secrets.slice(1).every(holds));
			const second = await chatOf(id);
			await conversations.delete(id);
			assert.deepEqual(secrets.filter(holds), []);
			const rows = await site.query(`SELECT * FROM v_messages
				WHERE session = '${id}' OR content LIKE '%rest%'`);
			assert.deepEqual(rows, []);
			await until('its chats at Kimi are gone', async () => {
				const { chats } = await site.fake.stats();
				return !chats.includes(first) && !chats.includes(second);
			});
		}
	});
