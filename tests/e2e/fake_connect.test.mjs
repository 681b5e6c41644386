// SPDX-License-Identifier: MIT
// The fake Kimi's Connect service, asked without the proxy: a fake that is
// wrong makes every other test wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFake } from './lib/fake.mjs';
import { folder } from './lib/process.mjs';
import { call, scene as play } from './lib/http.mjs';
import { accessToken, refreshToken } from './lib/jwt.mjs';
import { ask, connectChat, envelope, paths, unary }
	from './lib/connect.mjs';

const search = { tools: [{ type: 'TOOL_TYPE_SEARCH', search: {} }] };
const text = 'Grüße, 世界! 🌍 "quoted" \\ and\ttabs';

test('the fake Kimi web, Connect', async (t) => {
	const fake = await startFake(folder('fake-connect'));
	const key = accessToken('user-of-connect');
	const say = (said, more, token = key) =>
		connectChat(fake, token, ask(said, more));
	// The answer of a scene; its stream must be whole.
	const scene = async (members, more) => {
		const r = await say(play(members), more);
		assert.equal(r.status, 200);
		assert.equal(r.rest.length, 0);
		return r;
	};
	const invalid = async (body, why, code = 'invalid_argument') => {
		const r = await connectChat(fake, key, body);
		assert.equal(r.status, 200);
		assert.deepEqual(r.frames.map((f) => f.flag), [2]);
		assert.equal(r.error.code, code);
		assert.match(r.error.message, why);
	};

	t.after(async () => assert.equal((await fake.stop()).code, 0));
	await t.test('a plain answer is the reference\'s, message by message',
		plain);
	await t.test('a chat continues from its last reply and can branch',
		turns);
	await t.test('bare JSON, two envelopes and a wrong length are refused',
		bodies);
	await t.test('requests are validated', requests);
	await t.test('models are listed and determine thinking', models);
	await t.test('tokens are checked, with the service\'s 401', tokens);
	await t.test('a refresh always rotates, for both refresh calls', refresh);
	await t.test('chats are listed, read and deleted', chats);
	await t.test('blocks, snapshots, flags and snake_case are equivalent',
		shapes);
	await t.test('what the service sends besides the reply', besides);
	await t.test('search in the 2026 and 2025 formats, with marks',
		searches);
	await t.test('rules apply to the service, and requests show their JSON',
		rules);
	await t.test('each half of the web service can be switched off',
		halves);

	async function plain() {
		const r = await say('Hi', { options: { thinking: true } });
		const [chat, user, answer] = [r.chat, r.frames[2].json.message.id,
			r.message];
		assert.match(chat, /^[0-9a-f-]{36}$/);
		assert.equal(new Set([chat, user, answer]).size, 3);
		assert.deepEqual(r.frames.map((f) => f.flag),
			[...Array(14).fill(0), 2]);
		const think = (n, op, content) => ({ op, mask: `block.think${
			op === 'set' ? '' : '.content'}`, eventOffset: n,
		block: { id: '1', think: { content } } });
		const said = (n, op, content) => ({ op, mask: `block.text${
			op === 'set' ? '' : '.content'}`, eventOffset: n,
		block: { id: '2', text: { content } } });
		assert.deepEqual(r.frames.map((f) => f.json), [
			{ heartbeat: {} },
			{ op: 'set', eventOffset: 1, chat: { id: chat,
				name: 'Untitled Chat', createTime: '2026-09-15T00:00:00Z' } },
			{ op: 'set', mask: 'message', eventOffset: 2, message: { id: user,
				role: 'user', status: 'MESSAGE_STATUS_COMPLETED',
				blocks: [{ id: '0', text: { content: 'Hi' } }] } },
			{ op: 'set', mask: 'message', eventOffset: 3, message: {
				id: answer, parentId: user, role: 'assistant',
				status: 'MESSAGE_STATUS_GENERATING', blocks: [] } },
			{ op: 'set', mask: 'block.multiStage', eventOffset: 4,
				block: { id: '0', multiStage: { stages: [{
					name: 'STAGE_NAME_THINKING',
					status: 'STAGE_STATUS_START' }] } } },
			think(5, 'set', 'Thinking about wh'),
			think(6, 'append', 'at the user said.'),
			said(7, 'set', 'This is '),
			said(8, 'append', 'the fake '),
			said(9, 'append', 'Kimi. You'),
			said(10, 'append', ' said: Hi'),
			{ op: 'set', mask: 'chat.name', eventOffset: 11,
				chat: { name: 'Fake chat' } },
			{ op: 'set', mask: 'message.status', eventOffset: 12,
				message: { id: answer,
					status: 'MESSAGE_STATUS_COMPLETED' } },
			{ eventOffset: 13, done: {} },
			{},
		]);
		const again = await say('Hi');
		assert.equal(again.think, '');
		assert.notEqual(again.chat, chat);
		assert.equal((await scene({ answer: '' })).blocks.size, 0);
	}

	async function turns() {
		const told = (n) => `I remember: ${n}`;
		const first = await say('one');
		const on = { chat_id: first.chat };
		const second = await say('two', { ...on, parent: first.message });
		assert.equal(second.chat, first.chat);
		assert.ok(!second.frames.some((f) => f.json.mask === 'chat.name'));
		const third = await say('recall', { ...on, parent: second.message });
		assert.equal(third.text, told('one | two | recall'));
		const branch = await say('recall', { ...on, parent: first.message });
		assert.equal(branch.text, told('one | recall'));
		const root = await say('recall', { ...on, parent: first.chat });
		assert.equal(root.text, told('recall'));
		const camel = ask('recall', { chatId: first.chat });
		camel.message.parentId = second.message;
		assert.equal((await connectChat(fake, key, camel)).text,
			told('one | two | recall'));

		const user = first.frames[2].json.message.id;
		for (const parent of [undefined, user, 'nobody'])
			await invalid(ask('x', { ...on, parent }), /parent_id/);
		await invalid(ask('x', { chat_id: 'none', parent: 'none' }),
			/chat/, 'not_found');
		const other = await say('x', { ...on, parent: first.message },
			accessToken('somebody-else'));
		assert.equal(other.error.code, 'not_found');
	}

	async function bodies() {
		const body = envelope(ask('Hi'));
		await invalid(Buffer.from(JSON.stringify(ask('Hi'))), /promised/);
		await invalid(Buffer.concat([body, body]), /promised/);
		await invalid(body.subarray(0, body.length - 1), /promised/);
		await invalid(Buffer.from('{}'), /incomplete/);
		await invalid(envelope(ask('Hi'), 2), /flag 0x02/);
		await invalid(envelope('[]'), /object/);
		assert.equal((await connectChat(fake, key, ask('Hi'), { headers: {
			'content-type': 'application/json' } })).status, 415);
	}

	async function requests() {
		const body = (change) => {
			const made = ask('Hi');
			change(made);
			return made;
		};
		await invalid(body((b) => delete b.message), /message/);
		await invalid(body((b) => b.message.role = 'system'), /role/);
		await invalid(body((b) => b.message.blocks = []), /blocks/);
		await invalid(body((b) => b.message.blocks = [{}]), /block/);
		await invalid(body((b) => delete b.scenario), /scenario/);
		await invalid(body((b) => b.message.scenario = 'SCENARIO_K2'),
			/scenario/);
		await invalid(body((b) => b.chat_id = ''), /chat_id/);
		await invalid(body((b) => b.tools = [{ type: 'function' }]), /tool/);
		await invalid(body((b) => b.options.model = 'k9'), /model: k9/);
		await invalid(body((b) => b.options.model = 'k2d6'), /model: k2d6/);
		await invalid(body((b) => b.options.enable_plugin = 1), /plugin/);
		await invalid(body((b) => b.message.is_goal = 'no'), /is_goal/);
		await invalid(body((b) => b.project_id = 7), /project_id/);
		await invalid(body((b) => b.options.reasoning_effort =
			'REASONING_EFFORT_MAX'), /does not offer/);
		await invalid(ask('Hi', { scenario: 'SCENARIO_K2D6' }), /scenario/);
		await invalid(ask(play({ nonsense: 1 })), /nonsense/);
		assert.equal((await say('Hi', { messages: [] })).text,
			'This is the fake Kimi. You said: Hi');
	}

	async function models() {
		const list = (await call(fake, paths.models,
			{ key: '', body: {} })).json;
		assert.deepEqual(list.availableModels.map((m) => [m.id, m.key]), [
			['k2d6-chat', 'k2d6'], ['k28-agent-preview', 'k28-preview'],
			['k3-agent', 'k3'], ['k3-agent-swarm', 'k3-agent-ultra']]);
		assert.deepEqual(list.defaultScenario,
			{ scenario: 'SCENARIO_CHAT', model: 'k2d6-chat' });
		assert.equal((await call(fake, paths.models, { key: '' })).status, 200);
		const thinks = async (scenario, options) => {
			const r = await say('Hi', { scenario, options });
			assert.equal(r.error, null);
			return r.think !== '';
		};
		const no = { model: undefined };
		assert.equal(await thinks('SCENARIO_K1', no), true);
		assert.equal(await thinks('SCENARIO_K2', no), false);
		assert.equal(await thinks('SCENARIO_K2D5', no), false);
		assert.equal(await thinks('SCENARIO_K2D5',
			{ ...no, thinking: true }), true);
		assert.equal(await thinks('SCENARIO_CHAT', { thinking: undefined,
			reasoning_effort: 'REASONING_EFFORT_LOW' }), true);
		assert.equal(await thinks('SCENARIO_CHAT', { thinking: undefined,
			reasoningEffort: 'REASONING_EFFORT_NONE' }), false);
		assert.equal(await thinks('SCENARIO_OK_COMPUTER',
			{ model: 'k3-agent' }), true);
		const one = { scenario: 'SCENARIO_CHAT', key: 'k4', thinking: true };
		await fake.settings({ models: { availableModels: [one] } });
		assert.deepEqual((await unary(fake, key, paths.models)).json,
			{ availableModels: [one] });
		assert.equal(await thinks('SCENARIO_CHAT', { model: 'k4' }), true);
		await fake.settings({ models: null });
	}

	async function tokens() {
		for (const bad of ['', 'sk-nothing', accessToken('late', -1)]) {
			const r = await say('Hi', {}, bad);
			assert.equal(r.status, 401);
			assert.deepEqual(r.json, { code: 'unauthenticated', details: [
				{ debug: { reason: 'REASON_INVALID_AUTH_TOKEN' } }] });
			for (const path of ['remove', 'list', 'messages', 'subscription'])
				assert.equal((await unary(fake, bad, paths[path])).status, 401);
		}
		assert.deepEqual((await unary(fake, key, paths.subscription)).json,
			{ subscription: { userId: 'user-of-connect', userName: 'Fake' } });
		const unknown = await unary(fake, key, '/apiv2/kimi.x.v1.X/Y');
		assert.equal(unknown.status, 404);
		assert.equal(unknown.json.code, 'unimplemented');
	}

	async function refresh() {
		const mine = refreshToken('somebody-with-a-refresh-token');
		const renew = (token, name = 'refresh_token') => call(fake,
			paths.refresh, { key: '', body: { [name]: token } });
		const old = (token) => call(fake, '/api/auth/token/refresh',
			{ key: token });
		const user = async (token) => (await call(fake, '/api/user',
			{ key: token })).json.id;
		const used = { code: 'unauthenticated', message: 'invalid claims' };

		const kept = (await old(mine)).json;
		assert.equal(kept.refresh_token, mine);
		const first = (await renew(mine)).json;
		assert.deepEqual(Object.keys(first), ['accessToken', 'refreshToken']);
		assert.notEqual(first.refreshToken, mine);
		const again = await renew(mine);
		assert.equal(again.status, 401);
		assert.deepEqual(again.json, used);
		assert.equal((await old(mine)).status, 401);
		const second = (await renew(first.refreshToken, 'refreshToken')).json;
		assert.deepEqual((await renew(first.refreshToken)).json, used);
		assert.equal((await old(second.refreshToken)).status, 200);
		assert.equal((await say('Hi', {}, second.accessToken)).error, null);
		assert.equal(await user(second.accessToken),
			await user(kept.access_token));
		assert.equal((await renew('bad-token')).status, 401);
		assert.equal((await renew('')).status, 400);

		const claims = JSON.parse(Buffer.from(second.accessToken.split('.')[1],
			'base64url'));
		assert.equal(claims.exp - claims.iat, 900);
		await fake.settings({ connect_refresh: false });
		const gone = await renew(second.refreshToken);
		assert.equal(gone.status, 404);
		assert.match(gone.headers['content-type'], /^text\/html/);
		await fake.settings({ connect_refresh: true });
		await fake.scenes({ match: { service: 'connect', route: 'refresh' },
			scene: { status: 404 } });
		assert.equal((await renew(second.refreshToken)).json.code,
			'not_found');
		assert.equal((await renew(second.refreshToken)).status, 200);
		assert.equal((await fake.stats()).requests['connect.refresh'], 9);
	}

	async function chats() {
		const mine = accessToken('somebody-with-chats');
		const made = [];
		for (const n of ['a', 'b', 'c'])
			made.unshift((await say(n, {}, mine)).chat);
		const list = (body) => unary(fake, mine, paths.list, body);
		const all = (await list()).json;
		assert.deepEqual(all.chats.map((c) => c.id), made);
		assert.equal(all.nextPageToken, '');
		assert.match(all.chats[0].messageContent, /You said: c$/);
		const page = (await list({ page_size: 2 })).json;
		assert.equal(page.chats.length, 2);
		const rest = (await list({ page_token: page.nextPageToken })).json;
		assert.deepEqual(rest.chats.map((c) => c.id), [made[2]]);

		const read = (id) => unary(fake, mine, paths.messages, { chat_id: id });
		const { messages } = (await read(made[0])).json;
		assert.deepEqual(messages.map((m) => m.role), ['assistant', 'user']);
		assert.equal(messages[0].parentId, messages[1].id);
		assert.equal(messages[1].blocks[0].text.content, 'c');

		const remove = (id, token = mine) =>
			unary(fake, token, paths.remove, { chat_id: id });
		assert.equal((await remove(made[0], key)).status, 404);
		assert.ok((await fake.stats()).chats.includes(made[0]));
		assert.deepEqual((await remove(made[0])).json, {});
		assert.equal((await remove(made[0])).json.code, 'not_found');
		assert.equal((await read(made[0])).status, 404);
		await unary(fake, mine, paths.removeAll, { chat_ids: made });
		assert.deepEqual((await list()).json.chats, []);
		const { chats } = await fake.stats();
		assert.ok(made.every((id) => !chats.includes(id)));
		await fake.settings({ forget_chats: true });
		assert.deepEqual((await fake.stats()).chats, []);
	}

	async function shapes() {
		const base = { answer: text, reasoning: 'Hm, hm.' };
		const shapes = [{}, { blocks: 3 }, { snapshot: true },
			{ blocks: 2, snapshot: true }, { flags: 'set' }, { flags: 'each' },
			{ flags: 'set', snapshot: true }, { snake: true },
			{ unknown_events: true }, { chunks: 1 }, { chunks: 1000 },
			{ one_write: true }, { frame: 'empty' }, { frame: 'grpc' },
			{ end: 'undone' }, { retract: 'Never mind' }, { degrade: true }];
		for (const shape of shapes) {
			const r = await scene({ ...base, ...shape });
			assert.equal(r.text, text, JSON.stringify(shape));
			assert.equal(r.think, 'Hm, hm.', JSON.stringify(shape));
			assert.equal(r.error, null);
			assert.equal(r.done, shape.end !== 'undone');
			assert.equal([...r.blocks.values()].filter((b) =>
				b.kind === 'text').length, shape.blocks || 1);
		}
		const kinds = (r, kind) => r.frames.map((f) => f.json?.block?.[kind])
			.filter(Boolean);
		const flags = async (how) => kinds(await scene({ ...base, chunks: 2,
			flags: how }), 'text').map((b) => b.flags);
		assert.deepEqual(await flags('set'),
			['thinking', undefined, 'answer', undefined]);
		assert.deepEqual(await flags('each'),
			['thinking', 'thinking', 'answer', 'answer']);
		const snapshot = await scene({ answer: 'abcd', chunks: 2,
			snapshot: true });
		assert.deepEqual(snapshot.frames.filter((f) => f.json?.block?.text)
			.map((f) => [f.json.op, f.json.mask, f.json.block.text.content]),
		[['set', 'block.text', 'ab'], ['set', 'block.text', 'abcd']]);
		const snake = await scene({ snake: true, answer: 'a "B: c' },
			{ options: { thinking: true } });
		const all = snake.frames.map((f) => f.payload.toString()).join('');
		assert.match(all, /"parent_id":.*"block\.multi_stage".*"multi_stage":/);
		assert.doesNotMatch(all, /parentId|multiStage|eventOffset/);
	}

	async function besides() {
		const degrade = await scene({ degrade: true });
		assert.equal(degrade.frames.find((f) => f.json.notification)
			.json.notification.type, 'TYPE_MODEL_DEGRADE');
		const retract = await scene({ retract: 'Never', answer: 'Always' });
		assert.deepEqual(retract.frames.map((f) => f.json).filter((m) =>
			m.block).map((m) => m.block.text?.content
				|| m.block.exception.error.severity), ['Never',
			'SEVERITY_BLOCK_RETRACT', 'A', 'lw', 'a', 'ys']);
		const noise = await scene({ unknown_events: true });
		assert.ok(noise.frames.some((f) =>
			f.json.message?.role === 'system'));
		assert.equal(noise.frames.at(-1).flag, 2);
	}

	async function searches() {
		const sources = [{ url: 'https://a.example/', title: 'A',
			site_name: 'An' }, { url: 'https://b.example/', title: 'B',
			site_name: 'Bn', snippet: 'S' }];
		const mark = (n) => `\ue3a0cite\ue3a3web_search:1#${n}\ue3a8`;
		const of = (r, pick) => r.frames.map((f) => f.json && pick(f.json))
			.filter(Boolean);
		const r = await scene({ search: sources, chunks: 200 }, search);
		assert.ok(r.text.endsWith(`} ${mark(0)} ${mark(1)}`), r.text);
		assert.ok(r.frames.some((f) => /\ue3a0[^\ue3a8]*$/.test(
			f.json?.block?.text?.content || '')), 'no mark was cut');
		const tools = of(r, (m) => m.block?.tool);
		assert.deepEqual(tools.map((t) => t.status), ['STATUS_PENDING',
			undefined, undefined, 'STATUS_RUNNING', 'STATUS_DONE']);
		assert.equal(tools[1].args + tools[2].args, tools[3].args);
		assert.deepEqual(JSON.parse(tools[3].args), { queries: ['kimi'] });
		const chunks = of(r, (m) => m.message?.refs?.searchChunks)[0];
		assert.deepEqual(chunks.map((c) => [c.refIndex, c.base.url]),
			[['web_search:1#0', 'https://a.example/'],
				['web_search:1#1', 'https://b.example/']]);
		assert.deepEqual(tools[4].contents.slice(0, 2)
			.map((c) => c.searchResult), chunks);

		const old = await scene({ search: sources, search_shape: '2025' },
			search);
		assert.ok(old.text.endsWith('} [^1^] [^2^]'), old.text);
		assert.deepEqual(of(old, (m) => m.block?.search?.webPages)
			.flat().map((p) => [p.title, p.siteName, p.snippet]),
		[['A', 'An', ''], ['B', 'Bn', 'S']]);
		assert.deepEqual(of(old, (m) => m.ref).map((f) =>
			[f.id, f.search.base.url]), [['1', 'https://a.example/'],
			['2', 'https://b.example/']]);
		const off = await scene({ search: sources });
		assert.ok(!off.frames.some((f) => f.json.block?.tool));
		const given = await scene({ search: sources,
			answer: `See ${mark(1)}.` }, search);
		assert.equal(given.text, `See ${mark(1)}.`);
	}

	async function rules() {
		const mine = accessToken('user-with-rules');
		const before = (await fake.stats()).requests;
		await fake.scenes([{ match: { service: 'connect', route: 'chat',
			token: mine, prompt: 'mark' }, scene: { answer: 'ruled' } }]);
		assert.notEqual((await say('x', {}, mine)).text, 'ruled');
		assert.equal((await say('mark', {}, mine)).text, 'ruled');
		assert.notEqual((await say('mark', {}, mine)).text, 'ruled');
		const asked = await fake.asked(mine, 'chat');
		assert.equal(asked.length, 3);
		assert.equal(asked[1].service, 'connect');
		assert.deepEqual(asked[1].body, ask('mark'));
		const { requests } = await fake.stats();
		assert.equal(requests['connect.chat'], before['connect.chat'] + 3);
		assert.ok(requests['connect.delete'] >= 3);
		assert.ok(requests['connect.models'] >= 3);
	}

	async function halves() {
		const legacy = () => call(fake, '/api/chat', { key,
			body: { name: 'x', is_example: false } });
		await fake.settings({ connect: false });
		for (const path of Object.values(paths).filter((p) =>
			p.startsWith('/apiv2'))) {
			const r = await unary(fake, key, path);
			assert.equal(r.status, 404);
			assert.match(r.headers['content-type'], /^text\/html/);
		}
		assert.equal((await legacy()).status, 200);
		await fake.settings({ connect: true, legacy: 410 });
		assert.equal((await say('x')).error, null);
		assert.equal((await legacy()).status, 410);
		assert.equal((await call(fake, '/api/user', { key })).status, 200);
		await fake.settings({ legacy: true });
		assert.equal((await legacy()).status, 200);
	}
});
