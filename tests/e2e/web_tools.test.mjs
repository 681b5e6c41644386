// SPDX-License-Identifier: MIT
// What Kimi web lacks and the proxy emulates: tools, stop, max_tokens and
// response_format.

import assert from 'node:assert/strict';
import { until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const tools = ['weather', 'clock'].map((name) => ({ type: 'function',
	function: { name, description: `tells the ${name}`, parameters: {
		type: 'object', properties: { city: { type: 'string' } } } } }));
const mark = (name, args) =>
	`<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`;
const oslo = mark('weather', { city: 'Oslo \u4F60\u597D </tool_call>' });
const kimi = '<|tool_calls_section_begin|><|tool_call_begin|>functions.clock:0'
	+ '<|tool_call_argument_begin|>{}<|tool_call_end|>'
	+ '<|tool_calls_section_end|>';

const settings = { KIMI_KEEPALIVE: 1 };

withSite('what Kimi web does not have', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const ask = (members, more) => say(scene(members), more);
		const completions = async (word) => (await site.fake.requests())
			.filter((r) => r.route === 'completion'
				&& JSON.stringify(r.body).includes(word));
		const textOf = (r) => r.body.messages[0].content;
		const chatOf = (r) => /chat\/([^/]+)\//.exec(r.path)[1];
		const isDeleted = (r) => until('the chat is deleted', async () =>
			!(await site.fake.stats()).chats.includes(chatOf(r)));

		const both = async (body) => {
			const r = await chat(site, body);
			assert.equal(r.status, 200, r.text);
			const s = await finished(stream(site, body));
			const whole = r.json.choices[0];
			return [[whole.message, whole.finish_reason],
				[folded(s), s.finish]];
		};

		const format = { type: 'json_schema', json_schema: { name: 'out',
			schema: { type: 'object', required: ['city'], properties: {
				city: { type: 'string' } } } } };

		// A part of the request to repeat a call, as in a body.
		const again = (name) => `\\"name\\": \\"${name}\\", `
			+ '\\"arguments\\": {}}</tool_call> and suitable arguments';

		await Promise.all([
			check('calls are found in the reply', calls),
			check('... no matter how its bytes are cut', cuts),
			check('text is streamed until a mark begins', streams),
			check('results are sent in the conversation\'s chat',
				trip),
			check('results are sent without a conversation too',
				history),
			check('text after the calls ends the reply', behind),
			check('parallel_tool_calls: false gives one call', one),
			check('anything that is not a call is text', noCall),
			check('tool_choice none describes no tools', none),
			check('tool_choice required tries twice', required),
			check('... and reports when no call was made', refused),
			check('keep-alives are sent while text is held back',
				keepAlive),
			check('stop cuts the reply and ends the chat', stop),
			check('... and the conversation has what was sent',
				stopKept),
			check('max_tokens cuts the reply', limit),
			check('... and counts reasoning', limitThinking),
			check('code fences around JSON are removed', json),
			check('a reply that is not JSON is requested once more',
				jsonAgain),
			check('... and reported as an error the second time',
				jsonRefused),
			check('all emulations at once', together),
			check('a client that leaves is still noticed', leaves),
		]);
		await check('KIMI_WEB_TOOLS=0 refuses tools', off);

		function assertCalls(message, finish, ...expected) {
			assert.equal(finish, 'tool_calls');
			assert.deepEqual(message.tool_calls.map((c) =>
				[c.function.name, JSON.parse(c.function.arguments)]),
			expected);
			const ids = message.tool_calls.map((c) => c.id);
			assert.equal(new Set(ids).size, ids.length);
			ids.forEach((id) => assert.match(id, /^call_[\w-]+$/));
		}

		// The message that a stream adds up to.
		function folded(s) {
			const calls = [];
			for (const { choices: [choice] } of s.chunks)
				for (const c of choice?.delta.tool_calls || []) {
					calls[c.index] ||= { id: c.id, function: {
						name: c.function.name, arguments: '' } };
					calls[c.index].function.arguments
						+= c.function.arguments || '';
				}
			return { content: s.text, tool_calls: calls };
		}

		async function calls() {
			const body = ask({ answer: `I look.\n\n${oslo}\n${kimi}\n` },
				{ tools });
			for (const [message, finish] of await both(body)) {
				assert.equal(message.content, 'I look.');
				assertCalls(message, finish,
					['weather', { city: 'Oslo 你好 </tool_call>' }],
					['clock', {}]);
			}
			const [sent] = await completions('I look.');
			assert.match(textOf(sent), /^# Tools\n/);
			assert.match(textOf(sent), /"description":"tells the weather"/);
		}

		async function cuts() {
			for (const form of [{ cut_bytes: 1 }, { chunks: 200 },
				{ cut_bytes: 7, chunks: 40, unknown_events: true },
				{ one_write: true }])
				for (const [message, finish] of await both(ask({ ...form,
					answer: `Well. ${oslo}${kimi}` }, { tools }))) {
					assert.equal(message.content, 'Well.');
					assertCalls(message, finish,
						['weather', { city: 'Oslo 你好 </tool_call>' }],
						['clock', {}]);
				}
		}

		async function streams() {
			const s = stream(site, ask({ chunks: 3, gate: 'until-a-mark',
				answer: `one two three <tool_` }, { tools }));
			for (const n of [1, 2]) {
				await s.content(n);
				await site.fake.open('until-a-mark');
			}
			await finished(s);
			assert.equal(s.text, 'one two three <tool_');
			assert.ok(s.contents.length >= 3, s.raw);
		}

		async function trip() {
			const path = '/v1/chat/completions/tool-trip';
			const r = await chat(site, ask({ answer: oslo }, { tools }),
				{ path });
			const [use] = r.json.choices[0].message.tool_calls;
			assert.equal(answerOf(await chat(site, { model: 'k2', tools,
				messages: [{ role: 'tool', tool_call_id: use.id,
					content: scene({ answer: 'It rains.' }, 'rain-trip') }],
			}, { path })), 'It rains.');
			const [sent] = await completions('rain-trip');
			assert.match(textOf(sent), new RegExp(
				'<tool_result id="weather:0" name="weather">\nrain-trip'));
			const first = (await completions('Oslo'))
				.find((q) => chatOf(q) === chatOf(sent));
			assert.ok(first, 'another chat');
		}

		async function history() {
			const r = await chat(site, ask({ answer: oslo }, { tools }));
			const [use] = r.json.choices[0].message.tool_calls;
			assert.equal(answerOf(await chat(site, { model: 'k2', tools,
				messages: [{ role: 'user', content: 'history-of-tools' },
					{ role: 'assistant', content: null, tool_calls: [use] },
					{ role: 'tool', tool_call_id: use.id,
						content: scene({ answer: 'It snows.' }) }] })),
			'It snows.');
			const [sent] = await completions('history-of-tools');
			assert.match(textOf(sent),
				/assistant: <tool_call>\{"name":"weather","arguments":/);
			assert.match(textOf(sent), /<tool_result id="weather:0"/);
			await isDeleted(sent);
		}

		async function behind() {
			// The second half never comes.
			const body = ask({ chunks: 30, gate: 'behind-the-calls', answer:
				`${mark('clock', {})} <tool_result>made up ${'x'.repeat(900)}` },
			{ tools });
			await site.fake.open('behind-the-calls', 15);
			const s = await finished(stream(site, body));
			assertCalls(folded(s), s.finish, ['clock', {}]);
			assert.equal(s.text, '');
			const [sent] = await completions('made up');
			await isDeleted(sent);
		}

		async function one() {
			for (const [message, finish] of await both(ask(
				{ answer: oslo + kimi },
				{ tools, parallel_tool_calls: false })))
				assertCalls(message, finish,
					['weather', { city: 'Oslo 你好 </tool_call>' }]);
		}

		async function noCall() {
			for (const answer of [mark('stranger', {}),
				'<tool_call>{"name":"clock","argum', `\`\`\`\n${oslo}\n\`\`\``,
				'a <tool_call> is a mark\n'])
				for (const [message, finish] of await both(ask(
					{ answer, cut_bytes: 3 }, { tools }))) {
					assert.equal(message.content, answer);
					assert.equal(finish, 'stop');
				}
		}

		async function none() {
			const r = await chat(site, ask({ answer: oslo },
				{ tools, tool_choice: 'none' }));
			assert.equal(answerOf(r), oslo);
			assert.equal(r.json.choices[0].finish_reason, 'stop');
		}

		async function required() {
			await site.fake.scenes({ match: { prompt: again('weather') },
				times: 2, scene: { answer: `Then so: ${kimi}` } });
			const body = ask({ answer: 'No need-to-call.' },
				{ tools, tool_choice: 'required' });
			for (const [message, finish] of await both(body)) {
				assert.equal(message.content, 'Then so:');
				assertCalls(message, finish, ['clock', {}]);
			}
			const rounds = (await completions('need-to-call')).length;
			assert.equal(rounds, 2);
		}

		async function refused() {
			await site.fake.scenes({ match: { prompt: again('clock') },
				times: 2, scene: { answer: oslo } });
			const body = ask({ answer: 'Not at all.' }, { tools,
				tool_choice: { type: 'function',
					function: { name: 'clock' } } });
			for (const r of [await chat(site, body),
				await chat(site, { ...body, stream: true })])
				assert.match(errorOf(r, 502).message,
					/did not call a tool although tool_choice requires it/);
		}

		async function keepAlive() {
			const s = await finished(stream(site, ask({ silence_ms: 2500,
				answer: '{"a":1}' },
			{ response_format: { type: 'json_object' } })));
			assert.equal(s.text, '{"a":1}');
			assert.ok(s.comments.length >= 1, s.raw);
		}

		async function stop() {
			const before = (await site.fake.stats()).streams_aborted;
			// The second half never comes.
			await site.fake.open('stopped', 20);
			const s = await finished(stream(site, ask({ chunks: 40,
				gate: 'stopped', cut_bytes: 5, answer:
					`stopped here HALT ${'x'.repeat(400)}` },
			{ stop: ['never', 'HALT'] })));
			assert.equal(s.text, 'stopped here ');
			assert.equal(s.finish, 'stop');
			await until('the upstream stream ends', async () =>
				(await site.fake.stats()).streams_aborted > before);
			const [sent] = await completions('stopped here');
			await isDeleted(sent);
			const row = await site.row(s.headers['x-request-id']);
			assert.equal(row.status, 'done');
		}

		async function stopKept() {
			const path = '/v1/chat/completions/stop-kept';
			const r = await chat(site, ask({ answer: 'told. HALT untold' },
				{ stop: 'HALT' }), { path });
			assert.equal(answerOf(r), 'told. ');
			answerOf(await chat(site, say('after-the-stop'), { path }));
			const [sent] = await completions('after-the-stop');
			assert.match(textOf(sent),
				/assistant: told\. \n\nuser: after-the-stop$/);
			const [first] = await completions('HALT untold');
			assert.notEqual(chatOf(first), chatOf(sent));
		}

		async function limit() {
			const answer = 'abcdefgh'.repeat(50);
			for (const [message, finish] of await both(ask({ answer,
				chunks: 30 }, { max_tokens: 10 }))) {
				assert.equal(finish, 'length');
				assert.ok(answer.startsWith(message.content));
				assert.ok(message.content.length >= 20
					&& message.content.length <= 80, message.content);
			}
			for (const [message, finish] of await both(ask({ answer },
				{ max_completion_tokens: 1000 }))) {
				assert.equal(finish, 'stop');
				assert.equal(message.content, answer);
			}
		}

		async function limitThinking() {
			const r = await chat(site, ask({ reasoning: 'thinking '.repeat(9),
				answer: 'done' }, { model: 'k1.5', max_tokens: 5 }));
			const [choice] = r.json.choices;
			assert.equal(choice.finish_reason, 'length');
			assert.match(choice.message.reasoning_content, /^thinking/);
			assert.ok(!choice.message.content);
		}

		async function json() {
			for (const response_format of [{ type: 'json_object' }, format])
				for (const [message, finish] of await both(ask({ cut_bytes: 1,
					answer: '```json\n{"city": "Oslo"}\n```' },
				{ response_format }))) {
					assert.equal(message.content, '{"city": "Oslo"}');
					assert.equal(finish, 'stop');
				}
			const sent = (await completions('"city')).map(textOf);
			assert.ok(sent.some((text) =>
				text.includes('"required":["city"]')));
		}

		async function jsonAgain() {
			await site.fake.scenes({ match: { prompt: 'reply lacks ' },
				times: 2, scene: { answer: '{"city":"Bergen"}' } });
			for (const [message] of await both(ask({ answer: '{"town":1}' },
				{ response_format: format })))
				assert.equal(message.content, '{"city":"Bergen"}');
		}

		async function jsonRefused() {
			await site.fake.scenes({ match: { prompt: 'is not JSON: ' },
				times: 2, scene: { answer: 'Sorry!' } });
			const body = ask({ answer: 'Sure!' },
				{ response_format: { type: 'json_object' } });
			for (const r of [await chat(site, body),
				await chat(site, { ...body, stream: true })])
				assert.match(errorOf(r, 502).message, /requested format/);
		}

		async function together() {
			const more = { tools, stop: 'HALT', max_tokens: 200,
				response_format: { type: 'json_object' } };
			for (const [message, finish] of await both(ask({ cut_bytes: 2,
				answer: `{"a":1}\n HALT ${oslo}` }, more))) {
				assert.equal(message.content, '{"a":1}');
				assert.equal(finish, 'stop');
			}
			for (const [message, finish] of await both(ask({ cut_bytes: 2,
				answer: kimi }, more)))
				assertCalls(message, finish, ['clock', {}]);
		}

		async function leaves() {
			const before = (await site.fake.stats()).streams_aborted;
			const s = stream(site, ask({ answer: 'one two three', chunks: 3,
				chunk_ms: 9000 }, { tools }));
			await s.content(1);
			s.leave();
			await until('the upstream stream ends', async () =>
				(await site.fake.stats()).streams_aborted > before);
			const row = await site.row(s.headers['x-request-id']);
			assert.equal(row.status, 'cancelled');
		}

		async function off() {
			site.configure({ KIMI_WEB_TOOLS: 0 });
			await site.restart();
			const error = errorOf(await chat(site, say('hello', { tools })),
				400);
			assert.equal(error.param, 'tools');
			assert.equal(error.code, 'unsupported_parameter');
			for (const more of [{ tools, tool_choice: 'none' },
				{ stop: 'HALT' }, { max_tokens: 100 }])
				answerOf(await chat(site, say('hello', more)));
		}
	});
