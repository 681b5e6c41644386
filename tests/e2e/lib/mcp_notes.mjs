// SPDX-License-Identifier: MIT
// An MCP server with tools for notes, on standard input and output.

import readline from 'node:readline';

const tools = ['add_note', 'find_note'].map((name) => ({ name,
	description: `Will ${name.replace('_', ' ')}`, inputSchema: {
		type: 'object', properties: { text: { type: 'string' } } } }));

const results = {
	initialize: ({ protocolVersion }) => ({ protocolVersion,
		capabilities: { tools: {} }, serverInfo: { name: 'notes',
			version: '1' } }),
	'tools/list': () => ({ tools }),
	'tools/call': ({ arguments: { text } }) => ({ content: [
		{ type: 'text', text: `noted: ${text}` }] }),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
	const { id, method, params } = JSON.parse(line);
	if (id !== undefined)
		console.log(JSON.stringify({ jsonrpc: '2.0', id,
			result: results[method]?.(params) || {} }));
}
