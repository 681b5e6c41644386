// SPDX-License-Identifier: MIT
// Qwen Code, as npm has it, does a task with its own shell. `npm install` in
// agents/.
// Needs Node 22: so does Qwen Code.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { offline } from './lib/offline.mjs';

await offline(import.meta.url);

const { Agent, agentSite, asked, assertTrip, lastTurn, shellTask, sum,
	turnsSince } = await import('./lib/agents.mjs');
const { laid, sentWith } = await import('./lib/kimi.mjs');
const { give, put } = await import('./lib/process.mjs');
const { withSite } = await import('./lib/suite.mjs');

const program = '@qwen-code/qwen-code/cli.js';

// It reports to its makers and looks for news of itself.
const silent = { telemetry: { enabled: false },
	privacy: { usageStatisticsEnabled: false },
	general: { enableAutoUpdate: false } };

withSite('Qwen Code', 'lighttpd_fastcgi', agentSite, async (check, site) => {
	for (const [model, service] of [['kimi-k3', 'the Open Platform'],
		['k3', 'Kimi Code'], ['k2', 'Kimi web, tools emulated']])
		await check(`runs a command with ${service}`, () =>
			works(qwen(model), { written: model === 'k2' }));
	await check('continues a session', session);
	await check('retries when a stream breaks', again);
	await check('got a reply to every request', answered);

	function qwen(model) {
		const agent = new Agent(site, program);
		const folder = path.join(agent.home, '.qwen');
		fs.mkdirSync(folder);
		give(folder);
		put(folder, 'settings.json', JSON.stringify(silent));
		agent.env = { OPENAI_API_KEY: 'sk-test', OPENAI_MODEL: model,
			OPENAI_BASE_URL: `http://127.0.0.1:${site.port}/v1` };
		return agent;
	}

	// One turn: its blocks by type, and its end.
	async function run(agent, args) {
		const { out } = await agent.run(['--yolo', '--output-format', 'json',
			...args], agent.env);
		const events = JSON.parse(out);
		const blocks = events.flatMap((e) => e.message?.content || []);
		return { blocks: (type) => blocks.filter((b) => b.type === type),
			result: events.find((e) => e.type === 'result') };
	}

	async function works(agent, more = {}) {
		const before = await lastTurn(site);
		// On a busy machine it misses what a command prints just before its
		// end.
		const task = await shellTask(site, { tool: 'run_shell_command',
			args: (command) => ({ command: `${command} && sleep 1`,
				description: 'Does it', is_background: false }), ...more });
		const { blocks, result } = await run(agent, ['-p', task.prompt]);
		assert.equal(agent.made(task.file), task.content);
		const [output, ...others] = blocks('tool_result');
		assert.deepEqual([output.is_error, others], [false, []]);
		assert.ok(JSON.stringify(output.content).includes(task.result));
		assert.equal(result.result, task.answer);
		assert.deepEqual([result.is_error, result.num_turns], [false, 2]);
		await assertTrip(site, task);
		const rows = await turnsSince(site, before, 2);
		assert.equal(result.usage.input_tokens, sum(rows, 'prompt_tokens'));
		assert.equal(result.usage.output_tokens,
			sum(rows, 'completion_tokens'));
		return task;
	}

	async function session() {
		const agent = qwen('kimi-k2.6');
		const { word, thought } = await works(agent);
		const { result } = await run(agent, ['--continue', '-p',
			'recall-it-all']);
		assert.ok(result.result.includes(word), result.result);
		// The next one would suggest what to ask now.
		const [{ body }] = await sentWith(site, 'recall-it-all');
		assert.deepEqual(body.messages.map((m) => m.reasoning_content)
			.filter(Boolean), [thought, 'There it is.']);
	}

	// It asks for the rest of the reply, as it sees the connection lost.
	async function again() {
		await laid(site, 'broken-stream', { error_after: 1 });
		await laid(site, 'Pick up mid-thought', { answer: 'The rest.' });
		const { result } = await run(qwen('kimi-k3'), ['-p', 'broken-stream']);
		assert.match(result.result, /The rest\.$/);
	}

	async function answered() {
		assert.deepEqual(await asked(site), ['200 POST /v1/chat/completions']);
	}
});
