// SPDX-License-Identifier: MIT
// Tools that come with the input of POST /v1/responses: those of an item
// `additional_tools`, and those that the client finds for the model.

import assert from 'node:assert/strict';
import { call } from './lib/http.mjs';
import { bodyWith, laid } from './lib/kimi.mjs';
import { ask, base, callOf, get, inputItems, refused, respond, textOf, watch,
	weather, whole } from './lib/responses.mjs';
import { withSite } from './lib/suite.mjs';

const k3 = (input, more) => ask(input, { model: 'kimi-k3', ...more });
const user = (content) => ({ role: 'user', content });
const search = { type: 'tool_search', execution: 'client',
	description: 'Finds tools.', parameters: { type: 'object',
		properties: { query: { type: 'string' } } } };
const notes = { type: 'namespace', name: 'mcp__notes',
	description: 'All about notes', tools: [
		{ ...weather, name: 'add', defer_loading: true },
		{ type: 'custom', name: 'edit', defer_loading: true }] };
const added = (...tools) => ({ type: 'additional_tools', role: 'developer',
	id: 'at_1', tools });

const calls = (name, args) => ({ reasoning: 'Hm.', answer: '', tool_calls: [
	{ id: `${name}:0`, name, arguments: JSON.stringify(args) }] });
const tools = [weather, search, notes];
const found = ({ call_id }, ...tools) => ({ type: 'tool_search_output', call_id,
	execution: 'client', status: 'completed', tools });

for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`tools of the input, ${mount}`, mount, {}, async (check, site) => {
		const declared = async (word) => (await bodyWith(site, word)).tools
			?.map((t) => t.function.name);

		const lay = (word) => laid(site, word,
			calls('tool_search', { query: word }));

		await Promise.all([
			check('a search is a call, and what it finds can be called',
				searches),
			check('the same in a stream', streamed),
			check('... with a previous response, and in a conversation', kept),
			check('a search that nobody runs here is not needed', hosted),
			check('additional tools are tools', additional),
			check('... and are not what the response repeats', repeated),
			check('the result of a search must belong to one', orphan),
		]);

		// What it said of a search, and the item for it.
		function assertSearch(r, word) {
			const item = callOf(r);
			assert.deepEqual([item.type, item.execution, item.arguments],
				['tool_search_call', 'client', { query: word }]);
			return item;
		}

		async function assertFound(word, item, more, first) {
			const input = [...first, found(item, notes)];
			await laid(site, `${word}-back`, calls('mcp__notes__edit',
				{ input: 'a note' }), 2);
			const body = k3([...input, user(`${word}-back`)], more);
			const whole1 = await respond(site, body);
			const { response } = await whole(watch(site, body));
			for (const { name, namespace, input: text } of
				[callOf(whole1), callOf(response)])
				assert.deepEqual([name, namespace, text],
					['edit', 'mcp__notes', 'a note']);
			assert.deepEqual(await declared(`${word}-back`), ['weather',
				'tool_search', 'mcp__notes__add', 'mcp__notes__edit']);
			const { messages } = await bodyWith(site, `${word}-back`);
			const said = messages.find((m) => m.tool_calls);
			assert.equal(said.tool_calls[0].function.name, 'tool_search');
			assert.equal(said.reasoning_content, 'Hm.');
			const [result] = JSON.parse(messages.find((m) =>
				m.role === 'tool').content);
			assert.equal(result.name, 'mcp__notes');
			return whole1;
		}

		async function searches() {
			await lay('search-whole');
			const more = { tools, store: false,
				include: ['reasoning.encrypted_content'] };
			const first = await respond(site, k3('search-whole', more));
			assert.deepEqual(await declared('search-whole'),
				['weather', 'tool_search']);
			const { description } = (await bodyWith(site, 'search-whole'))
				.tools[1].function;
			assert.match(description, /Finds tools\.[^]*mcp__notes: All about/);
			await assertFound('search-whole',
				assertSearch(first, 'search-whole'), more,
				[user('search-whole'), ...first.output]);
		}

		async function streamed() {
			await lay('search-stream');
			const { events, response } = await whole(watch(site,
				k3('search-stream', { tools })));
			const item = assertSearch(response, 'search-stream');
			assert.ok(!events.some((e) => /arguments/.test(e.type)));
			const stored = await get(site, response.id);
			assert.deepEqual(stored.output, response.output);
			await assertFound('search-stream', item, { tools },
				[user('search-stream'), ...response.output]);
		}

		async function kept() {
			await lay('search-kept');
			const first = await respond(site, k3('search-kept', { tools }));
			const item = assertSearch(first, 'search-kept');
			const next = await assertFound('search-kept', item,
				{ tools, previous_response_id: first.id }, []);
			const listed = await inputItems(site, next.id);
			const [output] = listed.filter((i) =>
				i.type === 'tool_search_output');
			assert.deepEqual(output.tools, [notes]);
			// Nothing is sent again: the tools are still there.
			await respond(site, k3([{ type: 'custom_tool_call_output',
				call_id: callOf(next).call_id, output: 'noted' },
			user('search-third')], { tools, previous_response_id: next.id }));
			assert.deepEqual(await declared('search-third'), ['weather',
				'tool_search', 'mcp__notes__add', 'mcp__notes__edit']);
			const conversation = `tools-${mount}`;
			await lay('search-named');
			const one = await respond(site, k3('search-named',
				{ tools, conversation }));
			await respond(site, k3([found(callOf(one), notes)],
				{ tools, conversation }));
			await respond(site, k3('search-named-again',
				{ tools, conversation }));
			assert.equal((await declared('search-named-again')).length, 4);
		}

		async function hosted() {
			for (const [i, tool] of [{ type: 'tool_search' }, { type:
				'tool_search', execution: 'server' }].entries()) {
				await respond(site, k3(`search-hosted-${i}`,
					{ tools: [tool, notes] }));
				assert.deepEqual(await declared(`search-hosted-${i}`),
					['mcp__notes__add', 'mcp__notes__edit']);
			}
		}

		// As Codex does it: no `tools` at all.
		async function additional() {
			const functions = { type: 'namespace', name: 'functions',
				description: '', tools: [{ type: 'custom', name: 'exec' }] };
			await laid(site, 'added-tools', calls('functions__exec',
				{ input: 'text(1)' }), 2);
			const body = k3([added(functions, weather), user('added-tools')],
				{ store: false });
			for (const r of [await respond(site, body),
				(await whole(watch(site, body))).response]) {
				const { type, name, namespace, input, call_id } = callOf(r);
				assert.deepEqual([type, name, namespace, input],
					['custom_tool_call', 'exec', 'functions', 'text(1)']);
				await respond(site, k3([...body.input, ...r.output, {
					type: 'custom_tool_call_output', call_id, output: '1' },
				user('added-later')]));
			}
			assert.deepEqual(await declared('added-tools'),
				['functions__exec', 'weather']);
			assert.deepEqual(await declared('added-later'),
				['functions__exec', 'weather']);
			// Emulated ones, too.
			await laid(site, 'added-emulated', { answer: '<tool_call>{"name":'
				+ '"weather","arguments":{"city":"Oslo"}}</tool_call>' });
			const r = await respond(site, ask([added(weather),
				user('added-emulated')]));
			assert.equal(callOf(r).name, 'weather');
		}

		async function repeated() {
			const r = await respond(site, k3([added(weather),
				user('added-repeated')], { tools: [{ ...weather,
				name: 'own' }] }));
			assert.deepEqual(r.tools.map((t) => t.name), ['own']);
			assert.equal((await get(site, r.id)).tools.length, 1);
			const { json } = await call(site, `${base}/input_tokens`, { body:
				k3([added(weather), user('added-counted')]) });
			const { json: less } = await call(site, `${base}/input_tokens`, {
				body: k3([user('added-counted')]) });
			assert.ok(json.input_tokens > less.input_tokens);
		}

		async function orphan() {
			const { param } = await refused(site, k3([user('orphan'),
				found({ call_id: 'call_none' }, weather)], { tools }));
			assert.equal(param, 'input[1].call_id');
			const r = await respond(site, k3([user('orphan-hosted'),
				{ ...found({ call_id: null }, weather), execution: 'server' }]));
			assert.match(textOf(r), /orphan-hosted/);
			assert.deepEqual(await declared('orphan-hosted'), ['weather']);
		}
	});
