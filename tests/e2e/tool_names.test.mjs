// SPDX-License-Identifier: MIT
// Tools whose names Kimi refuses: it gets others, and the client only ever sees
// its own, in every dialect and on every service.

import assert from 'node:assert/strict';
import { Stream, call, chat, say, scene, stream } from './lib/http.mjs';
import { bodyWith, codeKey, laid, messageOf, platformKey } from
	'./lib/kimi.mjs';
import { checkMessage, checkStream } from './lib/anthropic_shapes.mjs';
import { respond, watch, whole } from './lib/responses.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';
import { webKey } from './lib/web.mjs';

const LEGAL = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const odd = ['21st_magic_component_builder', '-dash', '_under', 'a.b', 'a/b',
	'sp ace', 'mcp:co:lon', '查询 天气', '"quoted" <name>', ' edges ',
	'$price', '$web_search', 'l'.repeat(65), `${'l'.repeat(64)}!`,
	'm'.repeat(200)];
const fine = ['a_b', 'get-Weather_2', 'n'.repeat(64)];
const all = [...odd, ...fine];
const args = '{"q":"ü"}';
const schema = { type: 'object', properties: { q: { type: 'string' } } };

// What the three dialects have for the same things.
//   tools     of these names
//   turn      the messages of a question
//   calls     the names that a reply calls
//   again     messages that answer such a reply
//   choice    tool_choice of that name
const dialects = {
	chat: {
		tools: (names) => names.map((name) => ({ type: 'function',
			function: { name, description: 'd', parameters: schema } })),
		turn: (text) => ({ messages: [{ role: 'user', content: text }] }),
		whole: async (site, body, key) => {
			const r = await chat(site, body, { key });
			answerOf(r);
			return r.json.choices[0].message;
		},
		streamed: async (site, body, key) =>
			messageOf(await finished(stream(site, body, { key }))),
		calls: (m) => m.tool_calls.map((c) => [c.function.name,
			c.function.arguments]),
		again: (text, m) => ({ messages: [{ role: 'user', content: text },
			{ role: 'assistant', content: m.content || null,
				tool_calls: m.tool_calls },
			...m.tool_calls.map((c) => ({ role: 'tool', content: 'r',
				tool_call_id: c.id, name: c.function.name }))] }),
		choice: (name) => ({ type: 'function', function: { name } }),
	},
	responses: {
		tools: (names) => names.map((name, i) => i % 2
			? { type: 'custom', name, description: 'd' }
			: { type: 'function', name, description: 'd',
				parameters: schema, strict: false }),
		turn: (text) => ({ input: text }),
		whole: (site, body, key) => respond(site, body, { key }),
		streamed: async (site, body, key) =>
			(await whole(watch(site, body, { key }))).response,
		calls: (r) => r.output.filter((o) => /_call$/.test(o.type))
			.map((c) => [c.name, c.arguments ?? c.input]),
		again: (text, r) => ({ input: [{ role: 'user', content: text },
			...r.output, ...r.output.filter((o) => /_call$/.test(o.type))
				.map((c) => ({ type: `${c.type}_output`,
					call_id: c.call_id, output: 'r' }))] }),
		choice: (name) => ({ name,
			type: all.indexOf(name) % 2 ? 'custom' : 'function' }),
	},
	messages: {
		tools: (names) => names.map((name) => ({ name, description: 'd',
			input_schema: schema })),
		turn: (text) => ({ max_tokens: 1000,
			messages: [{ role: 'user', content: text }] }),
		whole: async (site, body, key) => {
			const r = await call(site, '/v1/messages', { body, key });
			assert.equal(r.status, 200, r.text);
			return checkMessage(r.json);
		},
		streamed: async (site, body, key) => {
			const s = new Stream(site, '/v1/messages', { key,
				body: { ...body, stream: true } });
			assert.equal(await s.done, 'end');
			assert.equal(s.status, 200, s.raw);
			return checkStream(s.raw).message;
		},
		calls: (m) => m.content.filter((b) => b.type === 'tool_use')
			.map((b) => [b.name, JSON.stringify(b.input)]),
		again: (text, m) => ({ max_tokens: 1000, messages: [
			{ role: 'user', content: text },
			{ role: 'assistant', content: m.content },
			{ role: 'user', content: m.content.filter((b) =>
				b.type === 'tool_use').map((b) => ({
				type: 'tool_result', tool_use_id: b.id,
				content: 'r' })) }] }),
		choice: (name) => ({ type: 'tool', name }),
	},
};

// The APIs of Kimi that take tools. The last one is that of a program which
// the other one of Kimi Code refuses.
const services = [
	{ title: 'Open Platform', model: 'kimi-k3', keyOf: platformKey,
		route: 'completion', allow: [] },
	{ title: 'Kimi Code', model: 'k3', keyOf: codeKey,
		route: 'completion', allow: null },
	{ title: 'Kimi Code, Messages', model: 'k3', keyOf: codeKey,
		route: 'messages', allow: ['other/'] },
];

const declared = (body) => body.tools.map((t) => t.function?.name ?? t.name);
const called = (body) => body.messages.flatMap((m) => m.tool_calls
	? m.tool_calls.map((c) => c.function.name)
	: Array.isArray(m.content) ? m.content.filter((b) =>
		b.type === 'tool_use').map((b) => b.name) : []);

for (const { title, model, keyOf, route, allow } of services) {
	withSite(`names of tools: ${title}`, 'lighttpd_fastcgi', {},
		async (check, site) => {
			if (allow)
				await site.fake.settings({ code_allow: allow });
			await Promise.all(Object.entries(dialects).map(([name, d]) =>
				check(name, () => everything(site, name, d))));
			await check('a tool may be declared twice', () =>
				twice(site, keyOf(), model, route));
			if (route === 'completion')
				await check('what Kimi invents stays', () =>
					invented(site, keyOf(), model));
		});

	async function everything(site, name, d) {
		const key = keyOf(), word = `${title}-${name}`;
		const sent = (text) => bodyWith(site, text, route);
		const body = (turn, names, more) => ({ model, ...turn,
			tools: d.tools(names), ...more });

		await d.whole(site, body(d.turn(`probe ${word}`), all), key);
		const kimis = declared(await sent(`probe ${word}`));
		assert.equal(new Set(kimis).size, all.length);
		for (const [i, kimi] of kimis.entries()) {
			assert.match(kimi, LEGAL);
			if (fine.includes(all[i]))
				assert.equal(kimi, all[i]);
		}

		await laid(site, `calls ${word}`, { answer: '', cut_bytes: 1,
			tool_calls: kimis.map((n, i) => ({ id: `${n}:${i}`, name: n,
				arguments: args })) }, 2);
		const calls = body(d.turn(`calls ${word}`), all);
		const reply = await d.whole(site, calls, key);
		for (const m of [reply, await d.streamed(site, calls, key)])
			assert.deepEqual(d.calls(m).map(([n]) => n), all);

		// Whatever else is declared, in whatever order, or no longer.
		const again = (text) => d.again(`${text} ${word}`, reply);
		for (const [text, names] of [['again', all],
			['reversed', [...all].reverse()], ['fewer', [...odd.slice(0, 3), '$web_search']]]) {
			await d.whole(site, body(again(text), names), key);
			const there = await sent(`${text} ${word}`);
			if (text !== 'fewer')
				assert.deepEqual(called(there), kimis);
			for (const n of [...called(there), ...declared(there)])
				assert.match(n, LEGAL);
			assert.deepEqual(declared(there),
				names.map((n) => kimis[all.indexOf(n)]));
		}

		await d.streamed(site, body(d.turn(`named ${word}`), all,
			{ tool_choice: d.choice('a/b') }), key);
		assert.deepEqual(declared(await sent(`named ${word}`)),
			[kimis[all.indexOf('a/b')]]);
	}
}

// Hosts of MCP servers have one twice: it is declared once.
async function twice(site, key, model, route) {
	for (const [name, d] of Object.entries(dialects)) {
		const word = `twice ${name} ${model} ${route}`;
		const [one, other] = d.tools(['f', 'a.b']);
		const body = (text, ...tools) => ({ model, tools,
			...d.turn(`${text} ${word}`) });
		await d.whole(site, body('first', one, other, one, other), key);
		const kimis = declared(await bodyWith(site, `first ${word}`, route));
		assert.deepEqual(kimis, ['f', 'a_b']);
		await laid(site, `then ${word}`, { answer: '', tool_calls: [
			{ id: 'f:0', name: 'f', arguments: args }] });
		const m = await d.streamed(site, body('then', one, one), key);
		assert.deepEqual(d.calls(m), [['f', args]]);
		const differs = JSON.parse(JSON.stringify(one).replace('"d"', '"e"'));
		const r = await call(site, paths[name], { key,
			body: body('differs', one, differs) });
		assert.equal(r.status, 400, r.text);
		assert.match(r.json.error.message,
			/tools(\[1\]|\.1)(\.function)?\.name.* name/);
	}
}

const paths = { chat: '/v1/chat/completions', responses: '/v1/responses',
	messages: '/v1/messages' };

async function invented(site, key, model) {
	for (const name of ['made.up', '9lives']) {
		await laid(site, `invents ${name} ${model}`, { answer: '',
			tool_calls: [{ id: 'x:0', name, arguments: args }] });
		const d = dialects.chat;
		const text = `invents ${name} ${model}`;
		const m = await d.whole(site, { model, ...d.turn(text),
			tools: d.tools(['a.b']) }, key);
		assert.deepEqual(d.calls(m), [[name, args]]);
		const back = `${text} again`;
		await d.whole(site, { model, ...d.again(back, m),
			tools: d.tools(['a.b']) }, key);
		const [kimi] = called(await bodyWith(site, back));
		assert.match(kimi, LEGAL);
	}
}

withSite('names of tools, remembered', 'lighttpd_fastcgi', {},
	async (check, site) => {
		await Promise.all([
			check('a conversation has the client\'s names', remembered),
			check('... and so has a stored response', stored),
			check('a namespace and a name may be long together', space),
			check('two namespaces may make one name', twins),
			check('a search goes on under its own name', search),
			check('a call of the history may be of no name', nameless),
		]);

		async function remembered() {
			const d = dialects.chat, path = '/v1/chat/completions/names';
			const turn = async (body) => {
				const r = await chat(site, { model: 'kimi-k3', ...body,
					tools: d.tools(['a.b', '9']) }, { path });
				answerOf(r);
				return r.json.choices[0].message;
			};
			await laid(site, 'remember-1', { answer: '', tool_calls: [
				{ id: 'tool_9:0', name: 'tool_9', arguments: args }] });
			const m = await turn(d.turn('remember-1'));
			assert.deepEqual(d.calls(m), [['9', args]]);
			await turn({ messages: [{ role: 'tool', content: 'remember-2',
				tool_call_id: m.tool_calls[0].id }] });
			assert.deepEqual(called(await bodyWith(site, 'remember-2')),
				['tool_9']);
		}

		async function stored() {
			const d = dialects.responses;
			const tools = d.tools(['a.b', '9']);
			await laid(site, 'store-1', { answer: '', tool_calls: [
				{ id: 'a_b:0', name: 'a_b', arguments: args }] });
			const r = await respond(site, { model: 'kimi-k3', tools,
				input: 'store-1' });
			assert.deepEqual(d.calls(r), [['a.b', args]]);
			const got = await call(site, `/v1/responses/${r.id}`);
			assert.deepEqual(d.calls(got.json), [['a.b', args]]);
			const { call_id: id } = r.output.find((o) => o.call_id);
			await respond(site, { model: 'kimi-k3', tools,
				previous_response_id: r.id, input: [{ call_id: id,
					type: 'function_call_output', output: 'store-2' }] });
			assert.deepEqual(called(await bodyWith(site, 'store-2')),
				['a_b']);
		}

		async function space() {
			const d = dialects.responses;
			const name = 'mcp__a_server_with_a_long_name', long = 'n'.repeat(64);
			const tools = [{ type: 'namespace', name, description: 'x',
				tools: d.tools([long, 'custom.one']) },
			...d.tools(['plain/one'])];
			const body = (input) => ({ model: 'kimi-k3', tools, input });
			await respond(site, body('space-probe'));
			const kimis = declared(await bodyWith(site, 'space-probe'));
			for (const n of kimis)
				assert.match(n, LEGAL);
			await laid(site, 'space-calls', { answer: '', tool_calls:
				kimis.map((n, i) => ({ id: `${n}:${i}`, name: n,
					arguments: '{"input":"i"}' })) }, 2);
			const first = await respond(site, body('space-calls'));
			const wanted = [[name, long], [name, 'custom.one'],
				[undefined, 'plain/one']];
			for (const r of [first, await d.streamed(site,
				body('space-calls'))])
				assert.deepEqual(r.output.filter((o) => o.call_id)
					.map((o) => [o.namespace ?? undefined, o.name]),
				wanted);
			await respond(site, { model: 'kimi-k3', tools,
				...d.again('space-back', first) });
			assert.deepEqual(called(await bodyWith(site, 'space-back')),
				kimis);
		}

		async function twins() {
			const d = dialects.responses;
			const within = (name, ...names) => ({ type: 'namespace', name,
				description: 'x', tools: d.tools(names) });
			const tools = [within('a', 'b__c'), within('a__b', 'c')];
			const wanted = [['a', 'b__c'], ['a__b', 'c']];
			for (const { model, keyOf, route, allow } of services) {
				await site.fake.settings({ code_allow: allow });
				const key = keyOf(), word = `twins-${model}-${route}`;
				const body = (input) => ({ model, tools, input });
				await d.whole(site, body(`probe-${word}`), key);
				const kimis = declared(await bodyWith(site,
					`probe-${word}`, route));
				assert.equal(kimis[0], 'a__b__c');
				assert.notEqual(kimis[1], kimis[0]);
				await laid(site, `calls-${word}`, { answer: '', tool_calls:
					kimis.map((n, i) => ({ id: `${n}:${i}`, name: n,
						arguments: args })) }, 2);
				const first = await d.whole(site, body(`calls-${word}`), key);
				for (const r of [first, await d.streamed(site,
					body(`calls-${word}`), key)])
					assert.deepEqual(r.output.filter((o) => o.call_id)
						.map((o) => [o.namespace, o.name]), wanted);
				await d.whole(site, { model, tools,
					...d.again(`back-${word}`, first) }, key);
				assert.deepEqual(called(await bodyWith(site, `back-${word}`,
					route)), kimis);
			}
			await site.fake.settings({ code_allow: null });
		}

		async function nameless() {
			const input = { q: 1 }, id = 'call_1';
			const empty = {
				chat: { messages: [{ role: 'user', content: 'x' },
					{ role: 'assistant', content: null, tool_calls: [{ id,
						type: 'function', function: { name: '',
							arguments: '{}' } }] },
					{ role: 'tool', tool_call_id: id, content: 'nameless' }] },
				responses: { input: [{ type: 'function_call', name: '',
					call_id: id, arguments: '{}' }, { call_id: id,
					type: 'function_call_output', output: 'nameless' }] },
				messages: { max_tokens: 100, messages: [
					{ role: 'user', content: 'x' },
					{ role: 'assistant', content: [{ type: 'tool_use', id,
						name: '', input }] },
					{ role: 'user', content: [{ type: 'tool_result',
						tool_use_id: id, content: 'nameless' }] }] },
			};
			for (const [name, d] of Object.entries(dialects)) {
				await d.whole(site, { model: 'kimi-k3', ...empty[name],
					tools: d.tools(['9']) }, platformKey());
				assert.deepEqual(called(await bodyWith(site, 'nameless')),
					['tool_']);
			}
		}

		async function search() {
			const d = dialects.chat;
			await laid(site, 'search-word', { search: [{ title: 'T',
				url: 'https://t.example/', site_name: 'T' }] }, 2);
			answerOf(await chat(site, say('search-word', {
				model: 'kimi-k3', tools: [...d.tools(['9']),
					{ type: 'builtin_function',
						function: { name: '$web_search' } }] }),
			{ key: platformKey() }));
			const there = await bodyWith(site, 'search-word');
			assert.deepEqual(declared(there), ['tool_9', '$web_search']);
			assert.deepEqual(called(there), ['$web_search']);
		}
	});

// The model is told the names in text, and gives them back in text.
withSite('names of tools: Kimi web', 'lighttpd_fastcgi',
	{ settings: { KIMI_WEB_PROTOCOL: 'current' } }, async (check, site) => {
		const mark = (n) => `<tool_call>${JSON.stringify({ name: n,
			arguments: { q: 'ü' } })}</tool_call>`;

		await Promise.all(Object.entries(dialects).map(([name, d]) =>
			check(name, async () => {
				const body = { model: 'k2', ...d.turn(scene({
					answer: all.map(mark).join('\n') }, name)),
				tools: d.tools(all) };
				const key = webKey();
				const reply = await d.whole(site, body, key);
				for (const m of [reply,
					await d.streamed(site, body, key)])
					assert.deepEqual(d.calls(m).map(([n]) => n), all);
				await d.whole(site, { model: 'k2', tools: d.tools(all),
					...d.again(`back ${name}`, reply) }, key);
			})));
	});
