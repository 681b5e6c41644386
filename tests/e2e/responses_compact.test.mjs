// SPDX-License-Identifier: MIT
// Long conversations become summaries: by an item `compaction_trigger` in
// POST /v1/responses, and by POST /v1/responses/compact.

import assert from 'node:assert/strict';
import { call } from './lib/http.mjs';
import { bodyWith, laid, sentWith } from './lib/kimi.mjs';
import { ask, base, calling, get, inFiles, inputItems, refused, respond,
	resultOf, resumed, textOf, watch, weather, whole }
	from './lib/responses.mjs';
import { eventsOf, numbered } from './lib/sse.mjs';
import { compacted } from './lib/shapes_responses.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

const services = { platform: 'kimi-k3', code: 'k3', web: 'k2' };
const user = (content) => ({ role: 'user', content });
const trigger = { type: 'compaction_trigger' };
const tools = [weather, { type: 'web_search' }];
const settings = { KIMI_TOKENS: 'web:refresh-of-the-test,'
	+ 'platform:sk-of-the-test,code:sk-kimi-of-the-test' };

for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`compaction, ${mount}`, mount, { settings }, async (check, site) => {
		const k3 = (input, more) => ask(input, { model: 'kimi-k3', ...more });
		const compact = async (body, request) => {
			const r = await call(site, `${base}/compact`, { body, ...request });
			assert.equal(r.status, 200, r.text.slice(0, 800));
			compacted(r.json);
			return r.json;
		};
		// The summary is opaque.
		const onlySummary = ({ output }, text) => {
			assert.deepEqual(output.map((i) => i.type), ['compaction']);
			assert.doesNotMatch(JSON.stringify(output), new RegExp(text));
			return output[0];
		};

		await Promise.all([
			...Object.entries(services).flatMap(([name, model]) => [
				check(`${name}: a trigger is answered by a summary`, () =>
					triggered(model)),
				check(`${name}: ... in a stream`, () => streamed(model)),
				check(`${name}: a conversation is compacted whole`, () =>
					compacts(model)),
			]),
			check('tools cannot be called, but were', tooled),
			check('what is stored continues from its summary', stored),
			check('a stream of a summary is resumed', takenUp),
			check('a conversation continues from its summary', named),
			check('nothing of it is stored if the client says so', private_),
			check('half a summary is an error', half),
			check('... also when it is cut or empty', cut),
			check('a summary of others is refused', foreign),
			check('what cannot be summarized is refused', wrong),
			check('a failing Kimi is an error as ever', failing),
		]);

		// What Kimi got: the question comes last. Before it nothing changes,
		// so that Kimi's cache has it, but no tool may be called.
		async function assertAsked(word) {
			const body = await bodyWith(site, word);
			const { content } = body.messages.at(-1);
			assert.match(content, /about to be replaced by a summary/);
			assert.deepEqual([body.tools.map((t) => t.function.name),
				body.tool_choice], [['weather'], 'none']);
			return body;
		}

		// What follows knows the summary and the user's words, no more.
		async function assertGoesOn(model, word, input, more = {}) {
			const next = await respond(site, ask([...input,
				user(`${word}-next recall`)], { model, ...more }));
			const text = textOf(next);
			assert.match(text, new RegExp(`${word}-first`));
			assert.match(text, new RegExp(`SUM-${word}`));
			assert.match(text, /This is a summary of the earlier/);
			assert.doesNotMatch(text, /You said/);
			assert.doesNotMatch(text, /about to be replaced/);
			return next;
		}

		async function begun(model, word, more = {}) {
			const first = await respond(site, ask(`${word}-first`,
				{ model, ...more }));
			await laid(site, word, { reasoning: 'Well.', chunks: 5,
				answer: `SUM-${word}: all that was said.` });
			return [user(`${word}-first`), ...first.output];
		}

		async function triggered(model) {
			const word = `trigger-${model}`;
			const history = await begun(model, word);
			const r = await respond(site, ask([...history, trigger],
				{ model, tools, include: ['reasoning.encrypted_content'] }));
			const item = onlySummary(r, 'SUM');
			assert.ok(r.usage.input_tokens > 0 && r.usage.output_tokens > 0);
			assert.deepEqual((await get(site, r.id)).output, r.output);
			assert.equal((await inputItems(site, r.id)).length,
				history.length);
			await assertGoesOn(model, word, [history[0], item]);
			await assertGoesOn(model, word, [...history,
				{ ...item, type: 'compaction_summary' }]);
		}

		async function streamed(model) {
			const word = `stream-${model}`;
			const history = await begun(model, word);
			const { events, response } = await whole(watch(site, ask(
				[...history, trigger], { model, tools, store: false })));
			const item = onlySummary(response, 'SUM');
			const types = events.map((e) => e.type);
			assert.deepEqual([...new Set(types)], ['response.created',
				'response.in_progress', 'response.output_item.added',
				'response.compaction.compacting', 'response.output_item.done',
				'response.completed']);
			assert.equal(types.filter((t) => t.endsWith('item.done')).length,
				1);
			await assertGoesOn(model, word, [history[0], item]);
		}

		async function compacts(model) {
			const word = `whole-${model}`;
			const history = await begun(model, word);
			const before = (await site.query(
				'SELECT max(seq) AS seq FROM requests'))[0].seq;
			const { output, usage } = await compact({ model, input: [
				{ role: 'developer', content: 'Be brief.' }, ...history,
				user([{ type: 'input_text', text: `${word}-second` }])] });
			assert.deepEqual(output.slice(0, -1).map((m) => m.content[0].text),
				[`${word}-first`, `${word}-second`]);
			const text = textOf(await assertGoesOn(model, word, output));
			assert.match(text, new RegExp(`${word}-second`));
			const rows = await site.query(`SELECT * FROM requests
				WHERE seq > ${before} AND prompt_tokens = ${usage.input_tokens}
				AND completion_tokens = ${usage.output_tokens}`);
			assert.ok(rows.some((row) => row.status === 'done'
				&& row.http_status === 200 && row.stream === 0));
			// As text, and with what is not for a summary.
			await laid(site, `${word}-text`, { answer: 'SUM' });
			const short = await compact({ model, input: `${word}-text`,
				stream: true, text: { format: { type: 'json_object' } } });
			assert.equal(short.output.length, 2);
		}

		async function tooled() {
			await laid(site, 'tooled-first', calling);
			const first = await respond(site, k3('tooled-first', { tools }));
			const history = [user('tooled-first'), ...first.output,
				resultOf(first, 'tooled-snow')];
			await laid(site, 'tooled-snow', { answer: 'SUM-tooled' });
			const r = await respond(site, k3([...history, trigger], { tools,
				tool_choice: 'required' }));
			onlySummary(r, 'SUM');
			const { messages } = await assertAsked('tooled-snow');
			assert.equal(messages.at(-2).content, 'tooled-snow');
			const next = await respond(site, k3([...history, ...r.output,
				user('tooled-next')], { tools }));
			assert.match(textOf(next), /tooled-next/);
			const body = await bodyWith(site, 'tooled-next');
			assert.ok(!JSON.stringify(body.messages).includes('tooled-snow'));
			assert.ok(body.tools.length > 0);
		}

		async function stored() {
			const first = await respond(site, k3('stored-first'));
			await laid(site, 'stored-first', { answer: 'SUM-stored' });
			const sum = await respond(site, k3([trigger],
				{ previous_response_id: first.id }));
			onlySummary(sum, 'SUM');
			assert.deepEqual(await inputItems(site, sum.id), []);
			const next = await assertGoesOn('kimi-k3', 'stored', [],
				{ previous_response_id: sum.id });
			// By its id, too.
			await assertGoesOn('kimi-k3', 'stored', [user('stored-first'),
				{ type: 'item_reference', id: sum.output[0].id }]);
			await laid(site, 'stored-first', { answer: 'SUM-stored again' });
			const { output } = await compact({ model: 'kimi-k3',
				previous_response_id: next.id, instructions: 'Be brief.' });
			assert.deepEqual(output.slice(0, -1).map((m) => m.content[0].text),
				['stored-first', 'stored-next recall']);
		}

		async function takenUp() {
			await laid(site, 'taken-up', { answer: 'SUM of it all',
				reasoning: 'Well.', chunks: 4 });
			const { events, response } = await whole(watch(site, k3([
				user('taken-up'), trigger])));
			for (let after = -1; after < events.length - 1; after++) {
				const s = resumed(site, response.id, after);
				await s.done;
				assert.deepEqual(numbered(eventsOf(s.raw).slice(0, -1), after),
					events.slice(after + 1));
			}
		}

		async function named() {
			const conversation = `compacted-${mount}`;
			await respond(site, k3('named-first', { conversation }));
			await laid(site, 'named-first', { answer: 'SUM-named' });
			const { output: [item] } = await respond(site, k3([trigger],
				{ conversation }));
			const list = await call(site,
				`/v1/conversations/${conversation}/items?order=asc`);
			assert.deepEqual(list.json.data.map((i) => i.role || i.type),
				['user', 'reasoning', 'assistant', 'compaction']
					.filter((type) => list.json.data.some((i) =>
						(i.role || i.type) === type)));
			assert.deepEqual(list.json.data.at(-1), item);
			await assertGoesOn('kimi-k3', 'named', [], { conversation });
			// Another API continues from there, too.
			await call(site, '/v1/chat/completions', { headers: {
				'x-conversation-id': conversation }, body: { model: 'kimi-k3',
				messages: [user('named-chat')] } });
			const { messages } = await bodyWith(site, 'named-chat');
			assert.ok(!JSON.stringify(messages).includes('You said: named-fir'));
			assert.ok(messages.some((m) => /SUM-named/.test(m.content)));
		}

		async function private_() {
			await laid(site, 'private-first', { answer: 'SUM-private' }, 2);
			const input = [user('private-first'), { role: 'assistant',
				content: 'private-said' }];
			await respond(site, k3([...input, trigger], { store: false }));
			await compact(k3(input));
			assert.ok(!inFiles(site, 'SUM-private'));
			assert.ok(!inFiles(site, 'private-'));
		}

		async function half() {
			for (const stream of [false, true]) {
				const word = `half-${stream}`;
				await laid(site, word, { ...calling, answer: 'I look.' });
				const body = k3([user(word), trigger], { tools });
				if (!stream) {
					const { message } = await refused(site, body, 502);
					assert.match(message, /did not summarize/);
					continue;
				}
				const { events, response } = await whole(watch(site, body));
				assert.equal(response.status, 'failed');
				assert.deepEqual(response.output, []);
				assert.ok(!events.some((e) => /item\.done/.test(e.type)));
				const again = await get(site, response.id);
				assert.deepEqual([again.status, again.output], ['failed', []]);
			}
		}

		async function cut() {
			await laid(site, 'cut-one', { answer: 'SUM', finish_reason: 'length' });
			await laid(site, 'cut-two', { answer: '', reasoning: 'Well.' });
			for (const word of ['cut-one', 'cut-two'])
				errorOf(await call(site, `${base}/compact`, {
					body: k3([user(word)]) }), 502);
		}

		async function foreign() {
			const { param, message } = await refused(site, k3([user('a'),
				{ type: 'compaction', encrypted_content: 'gAAAAABopaque' },
				user('foreign')]));
			assert.equal(param, 'input[1].encrypted_content');
			assert.match(message, /start a new one/);
			assert.deepEqual(await sentWith(site, 'foreign'), []);
		}

		async function wrong() {
			assert.equal((await refused(site, k3([trigger, user('x')]))).param,
				'input[0]');
			assert.equal((await refused(site, k3([trigger]))).param, 'input');
			for (const [body, status, param] of [
				[{ input: 'Hi' }, 400, 'model'],
				[{ model: 'kimi-k3' }, 400, 'input'],
				[{ model: 'no-such-model', input: 'Hi' }, 404, 'model'],
				[{ model: 'kimi-k3', previous_response_id:
					`resp_${'x'.repeat(24)}` }, 400, 'previous_response_id']])
				assert.equal(errorOf(await call(site, `${base}/compact`,
					{ body }), status).param, param);
			errorOf(await call(site, `${base}/compact`, { key: 'sk-wrong',
				body: k3('Hi') }), 401);
			assert.equal((await call(site, `${base}/compact`)).status, 405);
		}

		async function failing() {
			await laid(site, 'failing-one', { fault: 'token_limit' }, 2);
			assert.equal(errorOf(await call(site, `${base}/compact`, {
				body: k3('failing-one') }), 400).code,
			'context_length_exceeded');
			const { response } = await whole(watch(site, k3([
				user('failing-one'), trigger])));
			assert.equal(response.error.code, 'context_length_exceeded');
		}
	});
