// SPDX-License-Identifier: MIT
// Codex, as npm has it, does a task with its own shell. `npm install` in
// agents/.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { offline } from './lib/offline.mjs';

await offline(import.meta.url);

const { Agent, agentSite, asked, assertTrip, blocksOf, lastTurn, png, shellTask,
	sum, turnsSince } = await import('./lib/agents.mjs');
const { scene } = await import('./lib/http.mjs');
const { bodyWith, laid, sentWith } = await import('./lib/kimi.mjs');
const { withSite } = await import('./lib/suite.mjs');

const cpu = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
const program = `@openai/codex-linux-${process.arch}/vendor/`
	+ `${cpu}-unknown-linux-musl/bin/codex`;
const shown = new RegExp(`\\[image image/png ${png.length} bytes`);
const [config] = blocksOf('Codex');

// At its end Codex waits for a report about itself to leave, five seconds.
const silent = '[analytics]\nenabled = false\n';

withSite('Codex', 'lighttpd_fastcgi', agentSite, async (check, site) => {
	for (const [model, service] of [['kimi-k3', 'the Open Platform'],
		['k3', 'Kimi Code'], ['k2', 'Kimi web, tools emulated']])
		await check(`runs a command with ${service}`, () =>
			works(codex(model), { written: model === 'k2' }));
	await check('... as a model it knows, with that model\'s tools', () =>
		works(codex('gpt-5.5')));
	await check('... including apply_patch, which takes plain text',
		patches);
	await check('calls a tool in a namespace', namespace);
	await check('finds tools of an MCP server and calls one', finds);
	await check('runs a command with tools that come as input', lite);
	await check('gives another agent a task, and gets its answer', team);
	await check('tries a WebSocket once, then falls back to HTTP',
		webSocket);
	await check('shows an image', image);
	await check('searches the web', search);
	await check('continues a session', session);
	await check('stops when its context is full', full);
	await check('compacts a session that has grown long', compacts);
	await check('... by a request to the server, if it may', remote);
	await check('retries when a stream breaks', again);
	await check('leaves no text in the database', noText);
	await check('got a reply to every request', answered);

	// As README says, but for the port and the model.
	function codex(model, more = '') {
		const agent = new Agent(site, program, `${program}-code-mode-host`);
		fs.writeFileSync(path.join(agent.home, 'config.toml'), config
			.replace('kimi-k3', model).replace(':8000/', `:${site.port}/`)
			+ `\n${more}\n\n${silent}`);
		return agent;
	}

	// One turn: its events.
	async function exec(agent, args, status, sandbox = 'danger-full-access') {
		const { out, err } = await agent.run(['exec', '--json',
			'--skip-git-repo-check', '--sandbox', sandbox, ...args],
		{ CODEX_HOME: agent.home, KIMI_KEY: 'sk-test' }, status);
		const events = out.trim().split('\n').map((line) => JSON.parse(line));
		const items = events.filter((e) => e.type === 'item.completed')
			.map((e) => e.item);
		return { err, items: (type) => items.filter((i) => i.type === type),
			failures: events.filter((e) => e.type === 'error'
				|| e.type === 'turn.failed' || e.item?.type === 'error')
				.map((e) => (e.error || e.item || e).message)
				.filter((text) => !text.startsWith('Model metadata for')),
			usage: events.at(-1).usage };
	}

	async function works(agent, more = {}) {
		const before = await lastTurn(site);
		const task = await shellTask(site, { tool: 'exec_command',
			args: (cmd) => ({ cmd }), ...more });
		const { items, usage, err, failures } = await exec(agent,
			[task.prompt]);
		assert.deepEqual(failures, []);
		const [command, ...others] = items('command_execution');
		assert.deepEqual([command.exit_code, others], [0, []]);
		assert.equal(command.aggregated_output.trim(), task.result);
		assert.equal(agent.made(task.file), task.content);
		assert.equal(items('agent_message').at(-1).text, task.answer);
		if (task.thought)
			assert.equal(items('reasoning')[0].text, task.thought);
		await assertTrip(site, task);
		const rows = await turnsSince(site, before, 2);
		assert.equal(usage.input_tokens, sum(rows, 'prompt_tokens'));
		assert.equal(usage.output_tokens, sum(rows, 'completion_tokens'));
		return { ...task, err };
	}

	// Each model, as Codex knows it, has its own way to get its tools.
	async function finds() {
		const agent = codex('gpt-5.5', '[mcp_servers.notes]\n'
			+ `command = "${process.execPath}"\nargs = ["notes.mjs"]\n`);
		agent.give('notes.mjs', fs.readFileSync(new URL(
			'./lib/mcp_notes.mjs', import.meta.url)));
		await laid(site, 'find-notes', { answer: '', tool_calls: [{
			id: 'tool_search:0', name: 'tool_search',
			arguments: '{"query":"add note"}' }] });
		await site.fake.scenes([
			{ match: { prompt: 'noted: milk' }, times: 1,
				scene: { answer: 'It is noted.' } },
			{ match: { prompt: '"tool_call_id":"tool_search:0"' }, times: 1,
				scene: { answer: '', tool_calls: [{ id: 'note:0',
					name: 'mcp__notes__add_note',
					arguments: '{"text":"milk"}' }] } }]);
		const { items, failures } = await exec(agent, ['find-notes']);
		assert.deepEqual(failures, []);
		assert.equal(items('agent_message').at(-1).text, 'It is noted.');
		const [first, second] = (await sentWith(site, 'find-notes'))
			.map(({ body }) => body.tools.map((t) => t.function.name));
		assert.ok(first.includes('tool_search'));
		assert.ok(!first.includes('mcp__notes__add_note'));
		assert.ok(second.includes('mcp__notes__add_note'));
	}

	async function lite() {
		const agent = codex('gpt-6.1-sol');
		const result = `42-lite-${site.port}`;
		const input = `text(await tools.exec_command({ cmd:
			"echo $((6 * 7))-lite-${site.port}" }))`;
		await site.fake.scenes([
			{ match: { prompt: result }, times: 1,
				scene: { answer: 'It ran.' } },
			{ match: { prompt: 'run-lite' }, times: 1, scene: { answer: '',
				tool_calls: [{ id: 'exec:0', name: 'functions__exec',
					arguments: JSON.stringify({ input }) }] } }]);
		const { items, failures } = await exec(agent, ['run-lite']);
		assert.deepEqual(failures, []);
		const [command] = items('command_execution');
		assert.equal(command.aggregated_output.trim(), result);
		assert.equal(items('agent_message').at(-1).text, 'It ran.');
	}

	// What agents tell each other are items of their own.
	async function team() {
		await site.fake.scenes([
			{ match: { prompt: 'The worker did it.' }, times: 1,
				scene: { answer: 'All was done.' } },
			{ match: { prompt: 'Payload:\\nfor-the-worker' }, times: 1,
				scene: { answer: 'The worker did it.' } },
			{ match: { prompt: '"tool_call_id":"spawn:0"' }, times: 1,
				scene: { answer: '', tool_calls: [{ id: 'wait:0',
					name: 'collaboration__wait_agent',
					arguments: '{"timeout_ms":10000}' }] } },
			{ match: { prompt: 'start-a-worker' }, times: 1,
				scene: { answer: '', tool_calls: [{ id: 'spawn:0',
					name: 'collaboration__spawn_agent',
					arguments: JSON.stringify({ task_name: 'worker',
						message: 'for-the-worker' }) }] } }]);
		const { items, failures } = await exec(codex('gpt-6.1-sol'),
			['start-a-worker']);
		assert.deepEqual(failures, []);
		assert.equal(items('agent_message').at(-1).text, 'All was done.');
	}

	async function webSocket() {
		const { err } = await works(codex('kimi-k3',
			'supports_websockets = true'));
		assert.match(err, /failed to connect to Responses WebSocket/);
	}

	// The result of a tool call as sent to Kimi.
	async function outcome(agent, name, input) {
		const id = `${name}:0`;
		const word = `calls-${name}`;
		await site.fake.scenes([
			{ match: { prompt: `"tool_call_id":"${id}"` }, times: 1,
				scene: { answer: 'Called.' } },
			{ match: { prompt: word }, times: 1, scene: { answer: '',
				tool_calls: [{ id, name, arguments:
					JSON.stringify(input) }] } }]);
		const { items } = await exec(agent, [word]);
		assert.equal(items('agent_message').at(-1).text, 'Called.');
		const { messages } = await bodyWith(site, word);
		return messages.find((m) => m.tool_call_id === id).content;
	}

	async function patches() {
		const agent = codex('gpt-5.5');
		const text = await outcome(agent, 'apply_patch', { input:
			'*** Begin Patch\n*** Add File: patched.txt\n+Grüße \\ "你好"\n'
			+ '*** End Patch\n' });
		assert.match(text, /Success/);
		assert.equal(agent.made('patched.txt'), 'Grüße \\ "你好"\n');
	}

	async function namespace() {
		const text = await outcome(codex('kimi-k3'),
			'multi_agent_v1__close_agent', { target: 'nobody' });
		assert.match(text, /invalid agent id nobody/);
	}

	async function image() {
		const agent = codex('kimi-k3');
		agent.give('image.png', png);
		const { items } = await exec(agent, ['-i', 'image.png', '--',
			'look-at-it']);
		assert.match(items('agent_message')[0].text, shown);
	}

	// In a sandbox Codex allows no live web, and Kimi searches no other.
	async function search() {
		await exec(codex('kimi-k3'), ['searchweb for old news'], 0,
			'workspace-write');
		for (const { body } of await sentWith(site, 'searchweb for old news'))
			assert.ok(!body.tools.some((t) =>
				t.function.name === '$web_search'));
		const { items, failures } = await exec(codex('kimi-k3'),
			['searchweb for news']);
		assert.deepEqual(failures, []);
		assert.match(items('agent_message')[0].text,
			/^This is what I found: .*https:.*searchweb-for-news/);
	}

	// Nothing is left here: what the model thought comes from Codex.
	async function session() {
		const agent = codex('kimi-k2.6');
		const { thought } = await works(agent);
		assert.match(fs.readdirSync(agent.home, { recursive: true })
			.filter((name) => name.endsWith('.jsonl'))
			.map((name) => fs.readFileSync(path.join(agent.home, name), 'utf8'))
			.join(), /"encrypted_content":"[^"]+"/);
		const { items } = await exec(agent, ['resume', '--last', 'recall']);
		assert.match(items('agent_message')[0].text,
			/Do task-\d+-of-an-agent, please\. \| recall$/);
		const { messages } = await bodyWith(site, 'recall');
		assert.deepEqual(messages.map((m) => m.reasoning_content)
			.filter(Boolean), [thought, 'There it is.']);
	}

	async function full() {
		const { failures } = await exec(codex('kimi-k3'),
			[scene({ fault: 'token_limit' }, 'no-room')], 1);
		assert.match(failures[0], /ran out of room in the model's context/);
		assert.equal((await sentWith(site, 'no-room')).length, 1);
	}

	// Codex counts by the usage that it gets.
	async function compacts() {
		const agent = codex('kimi-k3');
		const task = await works(agent);
		await laid(site, 'CONTEXT CHECKPOINT COMPACTION',
			{ answer: `Summed up: ${task.word}, and no more.` });
		const { failures } = await exec(agent, ['-c',
			'model_auto_compact_token_limit=1000', 'resume', '--last',
			'go-on']);
		assert.deepEqual(failures, []);
		const { messages } = await bodyWith(site, 'go-on');
		assert.ok(!JSON.stringify(messages).includes(task.result));
		assert.ok(messages.some((m) => m.content.includes?.('Summed up:')));
	}

	// Codex relies on a server that says it is OpenAI's.
	async function remote() {
		for (const model of ['kimi-k3', 'gpt-6.1-sol']) {
			const agent = codex(model);
			const file = path.join(agent.home, 'config.toml');
			fs.writeFileSync(file, fs.readFileSync(file, 'utf8')
				.replace('name = "Kimi"', 'name = "OpenAI"'));
			const word = `remote-${model}`;
			await exec(agent, [`${word} begins`]);
			await laid(site, 'about to be replaced by a summary',
				{ answer: `SUM-${word}` });
			const { items, failures } = await exec(agent, ['-c',
				'model_auto_compact_token_limit=1000', 'resume', '--last',
				`${word} recall`]);
			assert.deepEqual(failures, []);
			const { text } = items('agent_message').at(-1);
			for (const part of [`${word} begins`, `SUM-${word}`])
				assert.ok(text.includes(part), text);
			const { messages } = await bodyWith(site, `${word} recall`);
			assert.ok(!JSON.stringify(messages).includes('You said'));
		}
	}

	async function again() {
		await laid(site, 'broken-stream', { error_after: 1 });
		const { items, failures } = await exec(codex('kimi-k3'),
			['broken-stream']);
		assert.match(failures.join(), /Reconnecting/);
		assert.match(items('agent_message').at(-1).text,
			/^This is the fake Kimi.*broken-stream$/);
		assert.equal((await sentWith(site, 'broken-stream')).length, 2);
	}

	async function noText() {
		const files = fs.readdirSync(path.dirname(site.db));
		assert.ok(files.includes('kimi.db'));
		for (const name of files)
			assert.ok(!fs.readFileSync(path.join(path.dirname(site.db), name))
				.includes('-of-an-agent'), name);
	}

	async function answered() {
		assert.deepEqual(await asked(site), ['200 POST /v1/responses',
			'426 GET /v1/responses']);
	}
});
