// SPDX-License-Identifier: MIT
// The items of POST /v1/responses: calls and their results, returned thinking,
// references to items, tools of every kind.

import assert from 'node:assert/strict';
import { call, scene } from './lib/http.mjs';
import { bodyWith, laid } from './lib/kimi.mjs';
import { ask, base, callOf, calling, get, gone, inputItems, refused, respond,
	resultOf, textOf, watch, weather, whole } from './lib/responses.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

const models = ['k2', 'kimi-k3'];
const k3 = (input, more) => ask(input, { model: 'kimi-k3', ...more });
const user = (content) => ({ role: 'user', content });
const unknown = `resp_${'x'.repeat(24)}`;

withSite('items', 'lighttpd_fastcgi', {}, async (check, site) => {
	const sent = (word) => bodyWith(site, word);

	await Promise.all([
		check('references stand for the stored items', references),
		check('thinking travels sealed if nothing is stored', sealed),
		check('tools in namespaces keep their names', namespaces),
		check('custom tools are called with text', custom),
		check('unsupported tools are ignored', otherTools),
		check('unsupported items are dropped', otherItems),
		check('input items have ids, and come in pages', listed),
		check('a tool may report several times', reports),
	]);

	async function references() {
		await laid(site, 'refer-first', calling);
		const first = await respond(site, k3('refer-first',
			{ tools: [weather] }));
		const [thinking, called] = first.output;
		assert.equal(thinking.type, 'reasoning');
		// As AI SDK sends it: without id and status.
		const { call_id, name, arguments: args } = called;
		const step = [{ type: 'item_reference', id: thinking.id },
			{ type: 'function_call', call_id, name, arguments: args },
			resultOf(first, 'refer-snow')];
		const lists = [step, [{ id: thinking.id }, ...step.slice(1)],
			[{ type: 'item_reference', id: thinking.id },
				{ type: 'item_reference', id: called.id }, step[2]]];
		for (const [i, list] of lists.entries()) {
			await respond(site, k3([user(`refer-again-${i}`), ...list],
				{ tools: [weather] }));
			const [, m] = (await sent(`refer-again-${i}`)).messages;
			assert.equal(m.reasoning_content, 'where is that?');
			assert.equal(m.tool_calls.length, 1);
		}
		const lost = { type: 'item_reference', id: `rs_${'x'.repeat(24)}0` };
		await respond(site, k3([user('refer-lost'), lost, ...step.slice(1)],
			{ tools: [weather] }));
		await refused(site, k3([user('x'), { type: 'item_reference',
			id: `msg_${'x'.repeat(24)}0` }]));
		await respond(site, k3([user('refer-other'), step[0]]),
			{ key: 'sk-other' });
		assert.doesNotMatch(JSON.stringify(await sent('refer-other')),
			/where is that/);
		await refused(site, k3([user('x'), { type: 'item_reference',
			id: called.id }]), 400, { key: 'sk-other' });
	}

	async function sealed() {
		await laid(site, 'sealed-first', calling, 2);
		const more = { tools: [weather], store: false };
		const bare = await respond(site, k3('sealed-first', more));
		assert.ok(!('encrypted_content' in bare.output[0]));
		const include = ['reasoning.encrypted_content'];
		const { response: first } = await whole(watch(site,
			k3('sealed-first', { ...more, include })));
		const [thinking] = first.output;
		assert.doesNotMatch(thinking.encrypted_content, /where is that/);
		const back = async (word, item) => {
			await respond(site, k3([user(word), item, ...first.output.slice(1),
				resultOf(first, 'snow')], { ...more, include }));
			return (await sent(word)).messages[1].reasoning_content;
		};
		// As Codex sends it.
		const opaque = { ...thinking, summary: [], content: null };
		assert.equal(await back('sealed-back', opaque), 'where is that?');
		for (const [i, bad] of ['', 'gAAAAB-of-somebody-else',
			thinking.encrypted_content.slice(0, -7), 7].entries())
			assert.ok(await back(`sealed-bad-${i}`,
				{ ...opaque, encrypted_content: bad }));
	}

	async function namespaces() {
		const tools = [{ type: 'namespace', name: 'mcp__disk',
			description: 'Files', tools: [{ ...weather, name: 'find' }] }];
		await respond(site, k3('namespace-probe', { tools }));
		const [{ function: f }] = (await sent('namespace-probe')).tools;
		assert.match(f.name, /find$/);
		await laid(site, 'namespace-call', { tool_calls: [{ id: 'a:0',
			name: f.name, arguments: '{"city":"Oslo"}' }] }, 2);
		const body = k3('namespace-call', { tools });
		const first = await respond(site, body);
		for (const r of [first, (await whole(watch(site, body))).response,
			await get(site, first.id)]) {
			const { name, namespace } = callOf(r);
			assert.deepEqual([namespace, name], ['mcp__disk', 'find']);
		}
		await respond(site, k3([user('namespace-back'), ...first.output,
			resultOf(first, 'found')], { tools }));
		const { messages } = await sent('namespace-back');
		assert.equal(messages[1].tool_calls[0].function.name, f.name);
	}

	async function custom() {
		const tools = [{ type: 'custom', name: 'patch', description: 'Edits',
			format: { type: 'grammar', syntax: 'lark', definition: 'x' } }];
		const text = '*** Begin "Patch"\n+ä\n';
		await laid(site, 'custom-call', { tool_calls: [{ id: 'a:0',
			name: 'patch', arguments: JSON.stringify({ input: text }) }] }, 2);
		const body = k3('custom-call', { tools });
		const first = await respond(site, body);
		for (const r of [first, (await whole(watch(site, body))).response]) {
			assert.equal(callOf(r).type, 'custom_tool_call');
			assert.equal(callOf(r).input, text);
		}
		await respond(site, k3([user('custom-back'), ...first.output,
			resultOf(first, 'patched')], { tools }));
		const { messages } = await sent('custom-back');
		assert.deepEqual(JSON.parse(
			messages[1].tool_calls[0].function.arguments), { input: text });
		assert.equal(messages[2].content, 'patched');
	}

	async function otherTools() {
		const types = ['web_search', 'web_search_preview',
			'web_search_2025_08_26', 'file_search', 'code_interpreter',
			'computer_use_preview', 'image_generation', 'mcp', 'local_shell',
			'shell', 'apply_patch', 'tool_search', 'brand_new'];
		for (const model of models) {
			const r = await respond(site, ask(scene({ answer: 'fine' }),
				{ model, tools: [...types.map((type) => ({ type })),
					weather] }));
			assert.equal(textOf(r), 'fine');
			assert.ok(r.tools.some((t) => t.name === 'weather'));
		}
	}

	async function otherItems() {
		const odd = ['web_search_call', 'local_shell_call',
			'local_shell_call_output', 'mcp_list_tools', 'mcp_call',
			'image_generation_call', 'additional_tools', 'brand_new'].map(
			(type) => ({ type, id: 'x_1', status: 'completed',
			call_id: 'odd', action: { type: 'search', query: 'odd-thing' },
			output: 'odd-thing', content: 'odd-thing' }));
		await respond(site, k3([...odd, user('odd-items'), ...odd]));
		const { messages } = await sent('odd-items');
		assert.equal(messages.length, 1);
		assert.doesNotMatch(JSON.stringify(messages), /odd-thing/);
	}

	// Kimi takes one result of a call, which comes right after it.
	async function reports() {
		const result = (output) => ({ type: 'custom_tool_call_output',
			call_id: 'call_1', output });
		const input = [user('reports'), { type: 'custom_tool_call',
			call_id: 'call_1', name: 'run', input: 'x' }, result('one'),
		result([{ type: 'input_text', text: 'two' }])];
		await respond(site, k3(input));
		await whole(watch(site, k3([...input, { type: 'function_call',
			call_id: 'call_2', name: 'weather', arguments: '{}' }, {
			...resultOf({ output: [{ type: 'function_call',
				call_id: 'call_2' }] }, 'snow') }, result('three')])));
		const { messages } = await sent('reports');
		assert.deepEqual(messages.map((m) => m.content).filter(Boolean),
			['reports', 'one\ntwo', 'snow',
				'An earlier tool call (call_1) reports more:\nthree']);
		const chat = (call_id, content) => ({ role: 'tool', content,
			tool_call_id: call_id });
		const r = await call(site, '/v1/chat/completions', { body: {
			model: 'kimi-k3', messages: [user('reports-chat'),
				{ role: 'assistant', tool_calls: [{ id: 'call_1',
					type: 'function', function: { name: 'run',
						arguments: '{}' } }] },
				chat('call_1', 'one'), chat('call_1', 'two')] } });
		assert.equal(r.status, 200, r.text);
		assert.equal((await sent('reports-chat')).messages.at(-1).content,
			'one\ntwo');
	}

	async function listed() {
		const input = [{ role: 'developer', content: 'listed-zero' },
			user('listed-one'), { type: 'message', role: 'assistant',
				content: [{ type: 'output_text', text: 'listed-two',
					annotations: [] }] },
			{ type: 'function_call', call_id: 'call_listed', name: 'weather',
				arguments: '{}' },
			{ type: 'function_call_output', call_id: 'call_listed',
				output: 'listed-three' },
			user([{ type: 'input_text', text: 'listed-four' }])];
		const { id } = await respond(site, k3(input, { tools: [weather] }));
		const all = await inputItems(site, id, '?order=asc');
		assert.deepEqual(all.map((i) => i.type), ['message', 'message',
			'message', 'function_call', 'function_call_output', 'message']);
		assert.equal(all[4].call_id, all[3].call_id);
		assert.equal(all[4].output, 'listed-three');
		assert.deepEqual(await inputItems(site, id), [...all].reverse());
		assert.deepEqual(await inputItems(site, id,
			`?order=asc&limit=2&after=${all[1].id}`), all.slice(2, 4));
		errorOf(await call(site, `${base}/${id}/input_items?limit=0`), 400);
		await gone(site, `${base}/${unknown}/input_items`);
	}
});
