// SPDX-License-Identifier: MIT
// Claude Code, as npm has it, does a task with its own shell. `npm install`
// in agents/.

import assert from 'node:assert/strict';
import { offline } from './lib/offline.mjs';

await offline(import.meta.url);

const { Agent, agentSite, asked, assertTrip, blocksOf, lastTurn, png, shellTask,
	sum, turnsSince } = await import('./lib/agents.mjs');
const { scene } = await import('./lib/http.mjs');
const { bodyWith, laid, sentWith } = await import('./lib/kimi.mjs');
const { withSite } = await import('./lib/suite.mjs');

const program = `@anthropic-ai/claude-code-linux-${process.arch}/claude`;
const shown = new RegExp(`\\[image image/png ${png.length} bytes`);
const settings = Object.fromEntries([...blocksOf('Claude Code')[0]
	.matchAll(/^export (\w+)=(.*)$/gm)].map((found) => found.slice(1)));
const { ANTHROPIC_MODEL: model, CLAUDE_CODE_MAX_CONTEXT_TOKENS: window }
	= settings;

withSite('Claude Code', 'lighttpd_fastcgi', agentSite, async (check, site) => {
	for (const [model, service] of [['kimi-k3', 'the Open Platform'],
		['k3', 'Kimi Code'], ['k2', 'Kimi web, tools emulated']])
		await check(`runs a command with ${service}`, () =>
			works(claude(model), { written: model === 'k2' }));
	await check('... under an alias, as one of its own models', alias);
	await check('shows an image', image);
	await check('searches the web', search);
	await check('recovers when a stream breaks', again);
	await check('continues a session', session);
	await check('counts its context', context);
	await check('got a reply to every request', answered);
	await check('stops when its context is full', full);
	await check('... and compacts a session that has grown long', compacts);

	// As README says, but for the port, the key and the model.
	function claude(model, more) {
		const agent = new Agent(site, program);
		agent.env = { ...settings, ANTHROPIC_MODEL: model,
			ANTHROPIC_BASE_URL: `http://127.0.0.1:${site.port}`,
			ANTHROPIC_AUTH_TOKEN: 'sk-test', ...more };
		return agent;
	}

	async function print(agent, args, status) {
		const { out, err } = await agent.run(['-p', '--output-format', 'json',
			'--allowedTools=Bash', ...args], agent.env, status);
		assert.deepEqual(err.split('\n').filter((line) => line
			&& !line.startsWith('[claude-code:unrecognized_model]')), []);
		return JSON.parse(out);
	}

	async function works(agent, more = {}) {
		const before = await lastTurn(site);
		const task = await shellTask(site, { tool: 'Bash', args: (command) =>
			({ command, description: 'Does it' }), ...more });
		const result = await print(agent, [task.prompt]);
		assert.equal(agent.made(task.file), task.content);
		assert.equal(result.result, task.answer);
		assert.deepEqual([result.subtype, result.stop_reason, result.num_turns],
			['success', 'end_turn', 2]);
		assert.deepEqual([result.is_error, result.permission_denials],
			[false, []]);
		await assertTrip(site, task);
		const rows = await turnsSince(site, before, 2);
		const { usage } = result;
		assert.equal(usage.input_tokens + usage.cache_read_input_tokens,
			sum(rows, 'prompt_tokens'));
		assert.equal(usage.output_tokens, sum(rows, 'completion_tokens'));
		if (agent.env.ANTHROPIC_MODEL === model)
			assert.equal(result.modelUsage[model].contextWindow,
				Number(window));
		return { ...task, ...result };
	}

	async function alias() {
		const agent = claude('', { ANTHROPIC_MODEL: undefined });
		const { modelUsage } = await works(agent);
		const [name, ...others] = Object.keys(modelUsage);
		assert.match(name, /^claude-opus-/);
		assert.deepEqual(others, []);
	}

	// The model calls that tool once.
	function calls(word, name, input) {
		return laid(site, word, { answer: '', tool_calls: [{ id: `${name}:0`,
			name, arguments: JSON.stringify(input) }] });
	}

	async function image() {
		const agent = claude(model);
		await calls('look-at-it', 'Read',
			{ file_path: agent.give('image.png', png) });
		const { result } = await print(agent, ['look-at-it']);
		assert.match(result, shown);
	}

	// Claude Code's own tool asks for a search of the server's.
	async function search() {
		await calls('find-the-news', 'WebSearch', { query: 'searchweb, please' });
		const { num_turns: turns } = await print(claude(model), [
			'--tools=WebSearch', '--allowedTools=WebSearch', 'find-the-news']);
		assert.equal(turns, 2);
		const { messages } = await bodyWith(site, 'find-the-news');
		assert.match(messages.find((m) => m.role === 'tool').content,
			/This is what I found: .*https:.*perform-a-web-search-for/);
	}

	async function again() {
		await laid(site, 'broken-stream', { error_after: 1 });
		const { result } = await print(claude(model), ['broken-stream']);
		assert.match(result, /This is the fake Kimi.*broken-stream/s);
		assert.equal((await sentWith(site, 'broken-stream')).length, 2);
	}

	// What the model thought comes back in signatures: here nothing is left.
	async function session() {
		const agent = claude('kimi-k2.6');
		const { session_id: id, thought } = await works(agent);
		await site.query('DELETE FROM messages');
		const { result, session_id: again } = await print(agent,
			['--continue', 'recall']);
		assert.equal(again, id);
		assert.match(result, /Do task-\d+-of-an-agent, please\..*recall/s);
		const { messages } = await bodyWith(site, 'recall');
		assert.deepEqual(messages.map((m) => m.reasoning_content)
			.filter(Boolean), [thought, 'There it is.']);
	}

	async function context() {
		const agent = claude('k3-256k');
		const { out } = await agent.run(['-p', '/context'], agent.env);
		assert.match(out, /\| System prompt \| [0-9.]+k/);
	}

	async function full() {
		const { terminal_reason: reason, result } = await print(claude(model),
			[scene({ fault: 'token_limit' }, 'no-room')], 1);
		assert.equal(reason, 'prompt_too_long', result);
		assert.match(result, /300000 tokens \(limit 262144\)/);
		assert.equal((await sentWith(site, 'no-room')).length, 1);
	}

	async function compacts() {
		const agent = claude(model);
		const task = await works(agent);
		await site.fake.scenes([
			{ match: { prompt: 'detailed summary' }, times: 1, scene: {
				answer: '<summary>Summed up, no more.</summary>' } },
			{ match: { prompt: 'go-on' }, times: 1,
				scene: { fault: 'token_limit' } }]);
		const { result } = await print(agent, ['--continue', 'go-on']);
		assert.match(result, /^This is the fake Kimi/);
		const { messages } = await bodyWith(site, 'go-on');
		const text = JSON.stringify(messages);
		assert.ok(!text.includes(task.thought));
		assert.ok(text.includes('Summed up, no more.'));
	}

	async function answered() {
		assert.deepEqual(await asked(site), ['200 HEAD /api/hello',
			'200 POST /v1/messages/count_tokens?beta=true',
			'200 POST /v1/messages?beta=true']);
	}
});
