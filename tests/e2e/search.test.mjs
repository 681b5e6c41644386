// SPDX-License-Identifier: MIT
// Web search, by whatever name the client asks for it: one answer with its
// sources. The rounds between are the program's.

import assert from 'node:assert/strict';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { bodyWith, codeKey, forgetful, laid, messageOf, platformKey, sentWith,
	tool } from './lib/kimi.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const found = [{ url: 'https://one.example/a', title: 'One' },
	{ url: 'https://two.example/b?c=d', title: 'Zwei, 二' }];
const echo = (n = 0) => ({ id: `t-web_search-${n}`, name: '$web_search',
	arguments: `{"search_result":{"search_id":"s${n}"}}` });
const query = (text, n = 0) => ({ id: `web_search:${n}`, name: 'web_search',
	arguments: { query: text } });

const plainAnswer = 'data: ' + JSON.stringify({ choices: [{ index: 0,
	delta: { content: 'plainly' }, finish_reason: 'stop' }] })
	+ '\n\ndata: [DONE]\n\n';

// How a search is asked for: by members of the request, or by the model's name.
const forms = [
	{ web_search_options: {} },
	{ web_search_options: { search_context_size: 'low', user_location: {
		type: 'approximate', approximate: { country: 'CH' } } } },
	{ suffix: '-search' },
	{ tools: [{ type: 'builtin_function',
		function: { name: '$web_search' } }] },
	{ tools: [{ type: 'web_search' }] },
	{ tools: [{ type: 'web_search_preview' }] },
	{ use_search: true },
];

// Each service with the scenes that make it search so many times, in which
// order the names of its tools are, and how to see a search at the fake.
const services = {
	platform: { key: platformKey, models: ['kimi-k3', 'kimi-k2.6',
		'kimi-k2.7-code'], name: '$web_search',
	lay: (site, word, rounds = 1, answers = 1) => laid(site, word,
		{ search: found, search_rounds: rounds }, rounds + answers) },
	code: { key: codeKey, models: ['k3', 'kimi-for-coding'],
		name: 'web_search',
		async lay(site, word, rounds = 1) {
			await laid(site, word, { search: found }, rounds,
				{ route: 'search' });
			for (let i = 0; i < rounds; i++)
				await laid(site, word, { answer: '',
					tool_calls: [query(`${word} ${i}`)] }, 1,
				{ route: 'completion' });
		} },
};

withSite('search', 'lighttpd_fastcgi', {}, async (check, site) => {
	const body = (text, model, { suffix = '', ...more }) =>
		say(text, { ...more, model: model + suffix });
	const plain = (message) => {
		assert.ok(!message.tool_calls?.length, JSON.stringify(message));
		assert.notEqual(message.content, '');
		const text = message.content;
		assert.deepEqual(message.annotations.map((a) => [a.type,
			a.url_citation.url, a.url_citation.title]),
		found.map((f) => ['url_citation', f.url, f.title]));
		for (const { url_citation: c } of message.annotations)
			assert.ok(c.start_index <= c.end_index
				&& c.end_index <= [...text].length);
	};

	const running = [];
	const begin = (title, body) => running.push(check(title, body));
	for (const [name, service] of Object.entries(services)) {
		const { lay, models: [first] } = service;
		const ask = (text, more = forms[0], request) => chat(site,
			body(text, first, more), { key: service.key(), ...request });
		const word = (what) => `${name}-${what}`;

		begin(`${name}: every form of asking comes out the same`, async () => {
			await Promise.all(service.models.flatMap((model) =>
				forms.map(async (form, i) => {
					const text = word(`${model}-form-${i}.`);
					await lay(site, text);
					const r = await chat(site, body(text, model, form),
						{ key: service.key() });
					answerOf(r);
					plain(r.json.choices[0].message);
					assert.equal(r.json.choices[0].finish_reason, 'stop');
					assert.equal(r.json.model, model);
					const sent = await sentWith(site, text);
					assert.equal(sent.length, 2);
					for (const { body: b } of sent) {
						assert.equal(b.model, model);
						assert.deepEqual(b.tools.map((t) =>
							t.function.name), [service.name]);
					}
				})));
		});

		begin(`${name}: no search without the live web`, async () => {
			const tools = [{ type: 'web_search', external_web_access: false }];
			for (const model of service.models)
				for (const path of ['/v1/chat/completions', '/v1/responses']) {
					const text = `searchweb ${word(`${model}${path}`)}`;
					const r = await call(site, path, { key: service.key(),
						body: { ...say(text), input: text, model, tools } });
					assert.equal(r.status, 200, r.text);
					const [{ body: b }, ...more] = await sentWith(site, text);
					assert.deepEqual([b.tools, more], [undefined, []]);
					assert.notEqual(b.thinking?.type, 'disabled');
				}
		});

		begin(`${name}: a stream says the same`, async () => {
			await Promise.all(forms.map(async (form, i) => {
				const text = word(`stream-${i}.`);
				await lay(site, text);
				const s = await finished(stream(site, body(text, first,
					{ ...form, stream_options: { include_usage: true } }),
				{ key: service.key() }));
				plain(messageOf(s));
				assert.equal(s.finish, 'stop');
				assert.equal(s.chunks.filter((c) =>
					c.choices[0]?.finish_reason).length, 1);
				assert.ok(s.chunks.at(-1).usage.prompt_tokens > 0);
			}));
		});

		begin(`${name}: rounds are counted together`, async () => {
			const text = word('rounds');
			await lay(site, text, 3);
			const r = await ask(text);
			answerOf(r);
			plain(r.json.choices[0].message);
			const sent = await sentWith(site, text);
			assert.equal(sent.length, 4);
			const roles = sent.at(-1).body.messages.map((m) => m.role);
			assert.deepEqual(roles, ['user', ...Array(3).fill(['assistant',
				'tool']).flat()]);
			const { usage } = r.json;
			const last = JSON.stringify(sent.at(-1).body.messages).length;
			assert.ok(usage.prompt_tokens > 1.5 * last / 4, `${
				usage.prompt_tokens} tokens, ${last} bytes`);
			assert.equal(usage.source, 'upstream');
			const row = await site.row(r.headers['x-request-id']);
			assert.equal(row.prompt_tokens, usage.prompt_tokens);
		});

		begin(`${name}: the rounds' numbers are added`, async () => {
			const text = word('sum');
			const usage = (n) => ({ prompt_tokens: n, completion_tokens: 10 * n,
				total_tokens: 11 * n, cached_tokens: n - 1,
				completion_tokens_details: { reasoning_tokens: n + 1 } });
			const search = name === 'code'
				? { answer: '', tool_calls: [query(text)] }
				: { search: found };
			for (const scene of [{ ...search, usage: usage(100) },
				{ answer: 'done', usage: usage(200) }])
				await laid(site, text, { search: found, ...scene }, 1,
					{ route: 'completion' });
			const r = await ask(text);
			assert.equal(answerOf(r), 'done');
			const paid = name === 'code' ? undefined : 1;
			const row = await site.row(r.headers['x-request-id']);
			assert.equal(r.json.usage.searches, paid);
			assert.equal(row.searches, paid || 0);
			assert.deepEqual(r.json.usage, { ...r.json.usage,
				prompt_tokens: 300, completion_tokens: 3000,
				total_tokens: 3300, prompt_tokens_details: {
					...r.json.usage.prompt_tokens_details,
					cached_tokens: 298 },
				completion_tokens_details: {
					...r.json.usage.completion_tokens_details,
					reasoning_tokens: 302 } });
		});

		begin(`${name}: several searches at once`, async () => {
			const text = word('at-once');
			const calls = name === 'code' ? [query(`${text} 1`, 0),
				query(`${text} 2`, 1)] : [echo(0), echo(1)];
			// The fake's own model never makes two of its searches.
			for (const scene of [{ answer: '', tool_calls: calls },
				{ status: 200, body: plainAnswer }])
				await laid(site, text, scene, 1, { route: 'completion' });
			assert.equal(answerOf(await ask(text)), 'plainly');
			const { messages } = await bodyWith(site, text);
			assert.deepEqual(messages[1].tool_calls.map((c) => c.id),
				calls.map((c) => c.id));
			assert.deepEqual(messages.slice(2).map((m) => m.tool_call_id),
				calls.map((c) => c.id));
			if (name === 'code')
				assert.equal((await sentWith(site, text, 'search')).length,
					2);
		});

		begin(`${name}: the client's own tools stand beside it`, async () => {
			const text = word('beside');
			await lay(site, text, 1, 0);
			await laid(site, text, { answer: '', tool_calls: [{ id: 'look:0',
				name: 'look', arguments: '{"what":"this"}' }] }, 1,
			{ route: 'completion' });
			const more = { web_search_options: {}, tools: [tool('look')] };
			const r = await ask(text, more);
			answerOf(r);
			const [choice] = r.json.choices;
			assert.equal(choice.finish_reason, 'tool_calls');
			assert.deepEqual(choice.message.tool_calls.map((c) =>
				[c.type, c.function.name, c.function.arguments]),
			[['function', 'look', '{"what":"this"}']]);
			const sent = await bodyWith(site, text);
			assert.deepEqual(sent.tools.map((t) => t.function.name),
				['look', service.name]);
			const [{ id }] = choice.message.tool_calls;
			assert.match(answerOf(await chat(site, { ...body(text, first,
				more), messages: [{ role: 'user', content: text },
				forgetful(choice.message), { role: 'tool',
					tool_call_id: id, content: 'seen' }] },
			{ key: service.key() })), /fake Kimi/);
		});

		begin(`${name}: with the client's call the turn is the client's`,
			async () => {
				const text = word('mixed');
				const mine = { id: 'look:1', name: 'look', arguments: '{}' };
				await laid(site, text, { answer: '', tool_calls: [
					name === 'code' ? query(text) : echo(), mine] }, 1,
				{ route: 'completion' });
				const r = await ask(text, { ...forms[0],
					tools: [tool('look')] });
				answerOf(r);
				const { tool_calls } = r.json.choices[0].message;
				assert.deepEqual(tool_calls.map((c) => c.function.name),
					['look']);
				assert.equal((await sentWith(site, text)).length, 1);
			});

		begin(`${name}: a model that searches for ever is ended`, async () => {
			const text = word('for-ever');
			await laid(site, text, { answer: '', tool_calls: [
				name === 'code' ? query(text) : echo()] }, -1,
			{ route: 'completion' });
			errorOf(await ask(text), 502);
			const { length } = await sentWith(site, text);
			assert.ok(length <= 8, `${length} rounds`);
		});

		begin(`${name}: after some rounds it has to answer`, async () => {
			const text = word('at-last');
			const call = name === 'code' ? query(text) : echo();
			await laid(site, text, { answer: '', tool_calls: [call] }, 6,
				{ route: 'completion' });
			assert.match(answerOf(await ask(text)), /fake Kimi/);
			assert.equal((await bodyWith(site, text)).tools, undefined);
		});

		begin(`${name}: a failure between the rounds is told`, async () => {
			const text = word('fails');
			for (const scene of [{ reasoning: 'hm', answer: 'I search. ',
				tool_calls: [name === 'code' ? query(text) : echo()] },
			{ fault: 'server_error' }])
				await laid(site, text, scene, 1, { route: 'completion' });
			const s = stream(site, body(text, first, forms[0]),
				{ key: service.key() });
			await s.done;
			assert.equal(s.text, 'I search. ');
			assert.equal(s.error.type, 'server_error');
			assert.ok(!s.finished);
			assert.equal((await sentWith(site, text)).length, 2);
		});
	}

	await Promise.all([...running,
		check('code: the model gets the results', told),
		check('code: the model learns that its query was empty',
			wordless),
		check('code: a client can have its own web_search', twice),
		check('code: a search that fails is an error', searchFails),
		check('platform: thinking is off where Kimi requires it',
			unthinking),
		check('a required call is to one of the client\'s tools',
			demanded),
		check('nothing is searched unless asked for', unasked),
		check('a model that is not listed can have the suffix too',
			unlisted),
	]);

	async function told() {
		const text = 'results-told';
		await services.code.lay(site, text);
		const s = await finished(stream(site, body(text, 'k3', forms[0]),
			{ key: codeKey() }));
		plain(messageOf(s));
		const [search] = await sentWith(site, text, 'search');
		assert.deepEqual(search.body, { text_query: `${text} 0` });
		assert.equal(search.method, 'POST');
		const { messages } = await bodyWith(site, text);
		for (const { url, title } of found) {
			assert.ok(messages.at(-1).content.includes(url));
			assert.ok(messages.at(-1).content.includes(title));
		}
	}

	async function wordless() {
		const text = 'no-words';
		for (const args of ['{}', '{"query":7}', 'no json', '[]'])
			await laid(site, text, { answer: '', tool_calls: [{ id: 'w:0',
				name: 'web_search', arguments: args }] }, 1,
			{ route: 'completion' });
		answerOf(await chat(site, body(text, 'k3', forms[0]),
			{ key: codeKey() }));
		const { messages } = await bodyWith(site, text);
		assert.equal(messages.filter((m) => m.role === 'tool'
			&& /query/.test(m.content)).length, 4);
		assert.equal((await sentWith(site, text, 'search')).length, 0);
	}

	// Agents have one; then theirs is called.
	async function twice() {
		const text = 'own-web-search';
		await laid(site, text, { answer: '', tool_calls: [query('x')] });
		const r = await chat(site, body(text, 'k3', { ...forms[0],
			tools: [tool('web_search')] }), { key: codeKey() });
		answerOf(r);
		assert.equal(r.json.choices[0].message.tool_calls[0].function.name,
			'web_search');
	}

	async function searchFails() {
		const text = 'search-fails';
		await laid(site, text, { answer: '', tool_calls: [query(text)] }, 1,
			{ route: 'completion' });
		await laid(site, text, { fault: 'internal' }, -1, { route: 'search' });
		const e = errorOf(await chat(site, body(text, 'k3', forms[0]),
			{ key: codeKey() }), 502);
		assert.match(e.message, /internal/);
	}

	async function unthinking() {
		for (const [model, thinking] of [['kimi-k3', undefined],
			['kimi-k2.6', { type: 'disabled' }],
			['kimi-k2.7-code', undefined]]) {
			const text = `unthinking-${model}.`;
			await services.platform.lay(site, text);
			answerOf(await chat(site, body(text, model, { ...forms[0],
				thinking: { type: 'enabled' } }), { key: platformKey() }));
			assert.deepEqual((await bodyWith(site, text)).thinking,
				thinking);
		}
	}

	async function demanded() {
		for (const [model, key] of [['kimi-k3', platformKey()],
			['k3', codeKey()]]) {
			const text = `demanded-${model}.`;
			answerOf(await chat(site, body(text, model, { ...forms[0],
				tools: [tool('look')], tool_choice: 'required' }), { key }));
			const sent = await bodyWith(site, text);
			assert.deepEqual(sent.tools.map((t) => t.function.name),
				['look']);
			assert.equal(sent.tool_choice, 'required');
		}
	}

	async function unasked() {
		for (const [i, more] of [{}, { use_search: false },
			{ tools: [{ type: 'web_search' }], tool_choice: 'none' },
			{ tools: [tool('look')] }, { web_search_options: null }].entries()) {
			const text = `unasked-${i}.`;
			const r = await chat(site, body(scene({
				answer: 'See [One](https://one.example/a).' }, text),
			'kimi-k3', more), { key: platformKey() });
			answerOf(r);
			assert.deepEqual(r.json.choices[0].message.annotations, []);
			const { tools } = await bodyWith(site, text);
			assert.ok(!JSON.stringify(tools || []).includes('search'));
		}
	}

	async function unlisted() {
		const text = 'unlisted-search';
		await chat(site, body(text, 'kimi-k9-new', { suffix: '-search' }),
			{ key: platformKey() });
		const sent = await bodyWith(site, text);
		assert.equal(sent.model, 'kimi-k9-new');
		assert.equal(sent.tools[0].function.name, '$web_search');
	}
});
