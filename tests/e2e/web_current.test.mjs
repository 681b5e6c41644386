// SPDX-License-Identifier: MIT
// Kimi web's current protocol (Connect): the requests it gets and how its
// replies are translated. (failures: web_faults.test.mjs)

import assert from 'node:assert/strict';
import { sleep, until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { paths, unary } from './lib/connect.mjs';
import { messageOf, tool } from './lib/kimi.mjs';
import { chatsOf, chatsWith, leavesNothing, messagesOf, onlyChat, textOf,
	webKey } from './lib/web.mjs';
import { answerOf, finished, leaveInSilence, streamsLive, withSite } from './lib/suite.mjs';

const text = 'Grüße, 世界! 🌍 "quoted" \\ and\ttabs';
const found = [{ url: 'https://one.example/a', title: 'One',
	site_name: 'one' },
{ url: 'https://two.example/b?c=d', title: 'Zwei, 二', site_name: 'two' }];
const settings = { KIMI_WEB_PROTOCOL: 'current', KIMI_KEEPALIVE: 1 };

withSite('Kimi web, current protocol', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const at = (session) => ({ path: `/v1/chat/completions/${session}` });

		// The same request whole and streamed: what both came to.
		const both = async (body) => {
			const r = await chat(site, body);
			assert.equal(r.status, 200, r.text);
			const s = await finished(stream(site, body));
			const [choice] = r.json.choices;
			assert.equal(s.finish, choice.finish_reason);
			return [{ reasoning_content: '', annotations: [],
				...choice.message, tool_calls:
				choice.message.tool_calls || [] }, messageOf(s)];
		};

		await Promise.all([
			check('a question and its answer', plain),
			check('streams live', live),
			check('unusual forms of the same reply', shapes),
			check('how the bytes are cut does not matter', cuts),
			check('search in the 2026 format',
				() => search('2026')),
			check('search in the 2025 format',
				() => search('2025')),
			check('citation marks without a source', marks),
			check('heartbeats for a while, then the reply',
				heartbeats),
			check('stateless chats are deleted', stateless),
			check('a client that leaves ends the reply', leaves),
			check('... also while Kimi is silent', leavesSilence),
			check('... or has not named the chat yet', leavesEarly),
			check('a lost chat gets its history again', gone),
			check('a rewritten history starts another chat',
				rewritten),
			check('a failed turn is not part of the conversation',
				failedTurn),
			check('nor is text that no client was sent', untold),
			check('text of any kind', anyText),
			check('concurrent turns run one after the other',
				together),
			check('emulated tools in a conversation', tools),
		]);
		await check('three turns with server restarts in between',
			turns);

		async function plain() {
			const key = webKey();
			const r = await chat(site, say('plain-question'), { key });
			assert.match(answerOf(r), /You said: plain-question$/);
			assert.equal(r.json.choices[0].finish_reason, 'stop');
			assert.ok(r.json.usage.completion_tokens > 0);
			const [sent] = await chatsWith(site, 'plain-question');
			assert.equal(sent.headers['content-type'],
				'application/connect+json');
			assert.equal(sent.headers['connect-protocol-version'], '1');
			assert.equal(sent.headers['accept-encoding'], 'identity');
			assert.match(sent.user_agent, /^kimi-proxy/);
			assert.deepEqual(sent.body, { scenario: 'SCENARIO_CHAT',
				tools: [{ type: 'TOOL_TYPE_SEARCH', search: {} }],
				message: { role: 'user', scenario: 'SCENARIO_CHAT',
					blocks: [{ message_id: '', text: {
						content: 'plain-question' } }],
					is_goal: false },
				options: { thinking: false, model: 'k2d6-chat',
					reasoning_effort: 'REASONING_EFFORT_NONE' },
				project_id: '' });
			const s = await finished(stream(site, say('hello'), { key }));
			assert.match(s.text, /You said: hello$/);
			assert.equal(s.finish, 'stop');
			assert.equal(s.events.at(-1).data, '[DONE]');
		}

		async function live() {
			await streamsLive(site, (text) => stream(site, say(text)));
		}

		async function shapes() {
			const forms = [{ blocks: 3 }, { snapshot: true },
				{ snapshot: true, blocks: 2 }, { flags: 'set' },
				{ flags: 'each', blocks: 2 }, { snake: true },
				{ unknown_events: true }, { frame: 'empty' },
				{ frame: 'grpc' }, { degrade: true }, { end: 'missing' },
				{ end: 'undone' }, { one_write: true },
				{ flags: 'set', snapshot: true, snake: true,
					unknown_events: true, blocks: 3, frame: 'empty' }];
			for (const form of forms) {
				const body = say(scene({ answer: text, chunks: 9,
					reasoning: `Hm, ${text}`, ...form }),
				{ model: 'k1.5' });
				for (const m of await both(body)) {
					assert.equal(m.content, text, JSON.stringify(form));
					assert.equal(m.reasoning_content, `Hm, ${text}`,
						JSON.stringify(form));
				}
			}
		}

		async function cuts() {
			await Promise.all([1, 2, 3, 7].map(async (cut_bytes) => {
				for (const form of [{}, { snapshot: true, blocks: 2 },
					{ flags: 'each', unknown_events: true },
					{ frame: 'empty' }]) {
					const body = say(scene({ answer: text, chunks: 5,
						reasoning: text, cut_bytes, ...form }),
					{ model: 'k1.5' });
					for (const m of await both(body)) {
						assert.equal(m.content, text);
						assert.equal(m.reasoning_content, text);
					}
				}
			}));
		}

		async function search(search_shape) {
			const base = { search: found, search_shape };
			for (const form of [{}, { cut_bytes: 1 },
				{ chunks: 60, blocks: 1 }, { chunks: 60, cut_bytes: 3,
					snapshot: true }, { snake: true }])
				for (const m of await both(say(scene({ ...base, ...form },
					'what is new?'))))
					assertCited(m, form);
			// Sources that the text does not cite are listed at its end.
			for (const m of await both(say(scene({ ...base,
				answer: 'No mark.' })))) {
				assert.equal(m.content, 'No mark.');
				assert.deepEqual(m.annotations.map((a) =>
					a.url_citation.url), found.map((s) => s.url));
			}
			const word = `no-search-${search_shape}.`;
			const r = await chat(site, say(scene(base, word),
				{ use_search: false }));
			assert.equal(r.json.choices[0].message.annotations
				?.length || 0, 0);
			assert.deepEqual((await onlyChat(site, word)).tools, []);
		}

		function assertCited(m, form) {
			const why = JSON.stringify([form, m.content]);
			assert.ok(!/[\uE3A0-\uE3AF]|\[\^|cite|web_search:/.test(m.content
				.replace(/fake:\{.*?\}(?= )/, '')), why);
			assert.deepEqual(m.annotations.map((a) => [a.type,
				a.url_citation.url, a.url_citation.title]),
			found.map((s) => ['url_citation', s.url, s.title]), why);
			for (const { url_citation: c } of m.annotations)
				assert.ok(c.start_index >= 0 && c.end_index >= c.start_index
					&& c.end_index <= [...m.content].length, why);
		}

		async function marks() {
			const mark = (ref) => `\uE3A0cite\uE3A3${ref}\uE3A8`;
			const rows = [[`a${mark('web_search:9#9')}b`, 'ab'],
				[`a${mark('web_search:1#0\uE3A3web_search:1#1')}b`, 'ab', 2],
				[`a${mark('web_search:1#0')} b${mark('web_search:1#0')}`,
					'a b', 1],
				['a [^99^] b', 'a  b'], ['[^', '[^'], ['[^x^]', '[^x^]'],
				['a[1]', 'a[1]'], ['[^0-9] x', '[^0-9] x'],
				['[^1 ', '[^1 '], ['\uE3A0kite', '\uE3A0kite']];
			await Promise.all(rows.map(async ([answer, wanted, cited], i) => {
				for (const m of await both(say(scene({ answer, chunks: 20,
					cut_bytes: 1 + i % 3, search: found })))) {
					assert.equal(m.content, wanted, JSON.stringify(answer));
					if (cited)
						assert.equal(m.annotations.length, cited);
				}
			}));
		}

		async function heartbeats() {
			const s = stream(site, say(scene({ silence_ms: 3200,
				comment_ms: 100, answer: 'at last' })));
			await finished(s);
			assert.equal(s.text, 'at last');
			assert.ok(s.comments.length >= 2, s.raw);
		}

		async function stateless() {
			const key = webKey('stateless');
			answerOf(await chat(site, say('stateless-answer'), { key }));
			await leavesNothing(site, 'stateless-answer');
			for (const n of [0, 1]) {
				const word = `stateless-error-${n}.`;
				const s = stream(site, say(scene({ error_after: n,
					error: { code: 'internal', message: 'no' } }, word)),
				{ key: webKey('stateless') });
				await s.done;
				assert.ok(!s.finished);
				await leavesNothing(site, word);
			}
		}

		async function leaves() {
			const key = webKey('leaves');
			await leaveInSilence(site, (text) => stream(site,
				say(`client-leaves. ${text}`), { key }), 2);
			await leavesNothing(site, 'client-leaves.');
		}

		async function leavesSilence() {
			const s = stream(site, say(scene({ silence_ms: 9000 },
				'silence-leaves.')), { key: webKey('silent') });
			await until('Kimi is asked', async () =>
				(await chatsWith(site, 'silence-leaves.')).length);
			await until('a keep-alive', () => s.comments.length);
			s.leave();
			await leavesNothing(site, 'silence-leaves.');
		}

		// Kimi has created the chat, but not sent its id yet.
		async function leavesEarly() {
			const s = stream(site, say(scene({ hold: 'early-leaves',
				chunks: 20, gate: 'early-leaves' }, 'early-leaves.')),
			{ key: webKey() });
			await until('Kimi is asked', async () =>
				(await chatsWith(site, 'early-leaves.')).length);
			s.leave();
			await sleep(500);
			// The id comes now, the rest never does.
			await site.fake.open('early-leaves');
			await leavesNothing(site, 'early-leaves.');
		}

		async function gone() {
			const key = webKey('gone');
			const more = { ...at('gone'), key };
			answerOf(await chat(site, say('gone-one'), more));
			const [first] = await chatsWith(site, 'gone-one');
			const [id] = await chatsOf(site, first);
			await unary(site.fake, first.token, paths.remove,
				{ chat_id: id });
			const answer = answerOf(await chat(site, say('gone-two'), more));
			assert.match(answer, /gone-one[^]*gone-two/);
			const sent = await chatsWith(site, 'gone-two');
			assert.deepEqual(sent.map((r) => r.body.chat_id),
				[id, undefined]);
			assert.equal(sent[1].body.message.parent_id, undefined);
			assert.match(answerOf(await chat(site, say('recall'), more)),
				/gone-two.* \| recall/s);
			assert.equal((await chatsOf(site, first)).length, 1);
		}

		async function rewritten() {
			const more = { ...at('rewritten'), key: webKey('rewritten') };
			const all = [{ role: 'user', content: 'past-one' }];
			const ask = async (content) => {
				all.push({ role: 'user', content });
				return answerOf(await chat(site, { model: 'k2',
					messages: all }, more));
			};
			all.push({ role: 'assistant',
				content: answerOf(await chat(site, { model: 'k2',
					messages: all }, more)) });
			all.push({ role: 'assistant', content: await ask('past-two') });
			const sent = await chatsWith(site, 'past-two');
			assert.ok(sent[0].body.chat_id, 'another chat');
			assert.equal(textOf(sent[0]), 'past-two');
			all[2].content = 'other-past';
			await ask('past-three');
			const [last] = await chatsWith(site, 'past-three');
			assert.equal(last.body.chat_id, undefined);
			assert.match(textOf(last), /past-one[^]*other-past[^]*past-three/);
			await until('the chat of the other past is deleted', async () =>
				(await chatsOf(site, last)).length === 1);
		}

		// Kimi's chat holds the failed turn: the next one begins another.
		async function failedTurn() {
			const more = { ...at('failed'), key: webKey('failed') };
			answerOf(await chat(site, say('failed-one'), more));
			const [first] = await chatsWith(site, 'failed-one');
			const [id] = await chatsOf(site, first);
			const s = stream(site, say(scene({ error_after: 1,
				error: { code: 'internal' }, answer: 'abcd' }, 'failed-two')),
			more);
			await s.done;
			assert.ok(s.error && !s.finished, s.raw);
			const left = stream(site, say(scene({ chunks: 2,
				chunk_ms: 9000 }, 'failed-three')), more);
			await left.content(1);
			left.leave();
			await site.row(left.headers['x-request-id']);
			answerOf(await chat(site, say('failed-four'), more));
			const [last] = await chatsWith(site, 'failed-four');
			assert.equal(last.body.chat_id, undefined);
			assert.match(textOf(last), /failed-one[^]*failed-four$/);
			assert.doesNotMatch(textOf(last), /failed-(two|three)/);
			await until('one chat is left', async () => {
				const ids = await chatsOf(site, first);
				return ids.length === 1 && ids[0] !== id;
			});
		}

		async function untold() {
			const more = { ...at('untold'), key: webKey('untold') };
			answerOf(await chat(site, say('untold-one'), more));
			const s = await finished(stream(site, say(scene({ cut_bytes: 1,
				answer: 'told. HALT nobody knows' }, 'untold-two'),
			{ stop: 'HALT' }), more));
			assert.equal(s.text, 'told. ');
			answerOf(await chat(site, say('untold-three'), more));
			const [last] = await chatsWith(site, 'untold-three');
			assert.equal(last.body.chat_id, undefined);
			assert.match(textOf(last),
				/untold-one[^]*assistant: told\. \n\nuser: untold-three$/);
			await until('one chat is left', async () =>
				(await chatsOf(site, last)).length === 1);
		}

		async function anyText() {
			const odd = ['\u0001\u007F\u2028\uFEFF', '\uFFFF\u{10FFFF}',
				'<|im_end|>', '{"event":"done"}', '\n\n', '\r\n data: [DONE]',
				'x'.repeat(300000), '👩‍👩‍👧‍👦'.repeat(500)];
			await Promise.all(odd.map(async (answer) => {
				for (const m of await both(say(scene({ answer, chunks: 50 }))))
					assert.equal(m.content, answer,
						JSON.stringify(answer).slice(0, 50));
			}));
		}

		async function together() {
			const more = { ...at('together'), key: webKey('together') };
			answerOf(await chat(site, say('together-zero'), more));
			const slow = { chunks: 4, chunk_ms: 150, answer: 'done' };
			const replies = await Promise.all(['together-a', 'together-b']
				.map((word) => chat(site, say(scene(slow, word)), more)));
			replies.forEach((r) => assert.equal(answerOf(r), 'done'));
			const sent = [...await chatsWith(site, 'together-a'),
				...await chatsWith(site, 'together-b')];
			assert.equal(new Set(sent.map((r) => r.body.chat_id)).size, 1);
			const parents = sent.map((r) => r.body.message.parent_id);
			assert.equal(new Set(parents).size, 2, 'both answer the same');
			assert.match(answerOf(await chat(site, say('recall'), more)),
				/together-zero.*together-.*together-/s);
		}

		async function tools() {
			const more = { ...at('tools'), key: webKey('tools') };
			const call = '<tool_call>{"name":"weather","arguments":'
				+ '{"what":"Oslo 你好"}}</tool_call>';
			const with_ = { tools: [tool('weather')] };
			const s = await finished(stream(site, say(scene({ cut_bytes: 1,
				answer: `I look.\n${call}` }, 'tools-one'), with_), more));
			const { content, tool_calls: [use] } = messageOf(s);
			assert.equal(content, 'I look.');
			assert.equal(s.finish, 'tool_calls');
			assert.deepEqual([use.function.name,
				JSON.parse(use.function.arguments)],
			['weather', { what: 'Oslo 你好' }]);
			const back = await finished(stream(site, { model: 'k2', ...with_,
				messages: [{ role: 'tool', tool_call_id: use.id,
					content: scene({ answer: 'It rains.', cut_bytes: 1 },
						'tools-two') }] }, more));
			assert.equal(back.text, 'It rains.');
			const [first] = await chatsWith(site, 'tools-one');
			const [second] = await chatsWith(site, 'tools-two');
			const [id] = await chatsOf(site, first);
			assert.equal(second.body.chat_id, id);
			assert.match(textOf(second),
				/\n<tool_result id="weather:0" name="weather">\ntools-two/);
			assert.equal((await messagesOf(site, first, id)).length, 4);
		}

		async function turns() {
			const more = { ...at('turns'), key: webKey('turns') };
			for (const [i, word] of ['first', 'second', 'third'].entries()) {
				const s = await finished(stream(site,
					say(`${word}-turn${i === 2 ? ' recall' : ''}`), more));
				if (i === 2)
					assert.equal(s.text, 'I remember: first-turn | '
						+ 'second-turn | third-turn recall');
				await site.restart();
			}
			const sent = await Promise.all(['first', 'second', 'third']
				.map(async (w) => (await chatsWith(site, `${w}-turn`))[0]));
			const ids = await chatsOf(site, sent[0]);
			assert.equal(ids.length, 1);
			assert.deepEqual(sent.map((r) => r.body.chat_id),
				[undefined, ids[0], ids[0]]);
			const messages = await messagesOf(site, sent[0], ids[0]);
			assert.deepEqual(messages.map((m) => m.role), ['user',
				'assistant', 'user', 'assistant', 'user', 'assistant']);
			assert.deepEqual(sent.map((r) => r.body.message.parent_id),
				[undefined, messages[1].id, messages[3].id]);
			assert.deepEqual(sent.map(textOf), ['first-turn', 'second-turn',
				'third-turn recall']);
		}
	});
