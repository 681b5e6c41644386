// SPDX-License-Identifier: MIT
// opencode, as npm has it, does a task with its own shell. `npm install` in
// agents/.

import assert from 'node:assert/strict';
import { offline } from './lib/offline.mjs';

await offline(import.meta.url);

const { Agent, agentSite, asked, assertTrip, lastTurn, shellTask, sum,
	turnsSince } = await import('./lib/agents.mjs');
const { bodyWith, laid, sentWith } = await import('./lib/kimi.mjs');
const { withSite } = await import('./lib/suite.mjs');

const program = `opencode-linux-${process.arch}/bin/opencode`;

// It looks for news of itself and for other companies' models.
const silent = { OPENCODE_DISABLE_AUTOUPDATE: '1',
	OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
	OPENCODE_DISABLE_SHARE: '1' };

// The packages by which it speaks an API; all are part of its program.
const chat = '@ai-sdk/openai-compatible';
const responses = '@ai-sdk/openai';
const messages = '@ai-sdk/anthropic';

withSite('opencode', 'lighttpd_fastcgi', agentSite, async (check, site) => {
	for (const [model, service] of [['kimi-k3', 'the Open Platform'],
		['k3', 'Kimi Code'], ['k2', 'Kimi web, tools emulated']])
		await check(`runs a command with ${service}`, () =>
			works(opencode(model), { written: model === 'k2' }));
	for (const api of [responses, messages])
		await check(`... by the API of ${api}`, () =>
			works(opencode('kimi-k3', api)));
	await check('continues a session', session);
	await check('retries when a stream breaks', again);
	await check('got a reply to every request', answered);

	function opencode(model, npm = chat) {
		const agent = new Agent(site, program);
		const limit = { context: 262144, output: 32768 };
		agent.give('opencode.json', JSON.stringify({
			model: `kimi/${model}`,
			provider: { kimi: { npm, options: { apiKey: 'sk-test',
				baseURL: `http://127.0.0.1:${site.port}/v1` },
			models: { [model]: { limit, reasoning: true } } } } }));
		return agent;
	}

	// One turn: its events by type.
	async function run(agent, args) {
		const { out } = await agent.run(['run', '--format', 'json',
			'--title', 'task', ...args], silent);
		const events = out.trim().split('\n').map((line) => JSON.parse(line));
		assert.deepEqual(events.filter((e) => e.type === 'error'), []);
		const parts = (type) => events.filter((e) => e.type === type)
			.map((e) => e.part);
		return { parts, text: parts('text').at(-1).text };
	}

	async function works(agent, more = {}) {
		const before = await lastTurn(site);
		const task = await shellTask(site, { tool: 'bash', args: (command) =>
			({ command, description: 'Does it' }), ...more });
		const { parts, text } = await run(agent, [task.prompt]);
		const [call, ...others] = parts('tool_use');
		assert.deepEqual([call.state.status, others], ['completed', []]);
		assert.equal(call.state.output.trim(), task.result);
		assert.equal(agent.made(task.file), task.content);
		assert.equal(text, task.answer);
		await assertTrip(site, task);
		const rows = await turnsSince(site, before, 2);
		const used = parts('step_finish').map((part) => part.tokens);
		assert.equal(sum(used, 'input') + sum(used.map((u) => u.cache), 'read'),
			sum(rows, 'prompt_tokens'));
		assert.equal(sum(used, 'output') + sum(used, 'reasoning'),
			sum(rows, 'completion_tokens'));
		return task;
	}

	async function session() {
		const agent = opencode('kimi-k2.6');
		const { word, thought } = await works(agent);
		const { text } = await run(agent, ['--continue', 'recall']);
		assert.ok(text.includes(word), text);
		const body = await bodyWith(site, 'recall');
		assert.deepEqual(body.messages.map((m) => m.reasoning_content)
			.filter(Boolean), [thought, 'There it is.']);
	}

	async function again() {
		await laid(site, 'broken-stream', { error_after: 1 });
		const { text } = await run(opencode('kimi-k3'), ['broken-stream']);
		assert.match(text, /This is the fake Kimi.*broken-stream/s);
		assert.equal((await sentWith(site, 'broken-stream')).length, 2);
	}

	async function answered() {
		assert.deepEqual(await asked(site), ['200 POST /v1/chat/completions',
			'200 POST /v1/messages', '200 POST /v1/responses']);
	}
});
