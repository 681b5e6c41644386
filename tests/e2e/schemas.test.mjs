// SPDX-License-Identifier: MIT
// Tools as agents and MCP servers declare them: served in every dialect, by
// every service with tools, whole and as a stream.

import assert from 'node:assert/strict';
import { call, scene, Stream } from './lib/http.mjs';
import { bodyWith, codeKey, platformKey } from './lib/kimi.mjs';
import { withSite } from './lib/suite.mjs';

const text = { type: 'string' };
const object = (properties, more = {}) => ({ type: 'object', properties, ...more });

const schemas = {
	// Qwen Code: alternatives that overlap.
	fork_turns: object({ fork_turns: { description: 'How many turns', oneOf: [
		{ type: 'string', enum: ['none', 'all'] },
		{ type: 'string', pattern: '^[1-9][0-9]*$' }] } }),
	// Codex Desktop: a type next to a reference.
	automation_update: object({ v: { $ref: '#/$defs/__schema20' } }, { $defs: {
		value: text, __schema20: { type: 'object', $ref: '#/$defs/value' } } }),
	// Pydantic: a union that is told apart through references.
	pydantic: object({ pet: { oneOf: [{ $ref: '#/$defs/Cat' },
		{ $ref: '#/$defs/Dog' }], title: 'Pet', discriminator: {
		propertyName: 'kind', mapping: { cat: '#/$defs/Cat',
			dog: '#/$defs/Dog' } } },
	owner: { anyOf: [text, { type: 'null' }], default: null } },
	{ required: ['pet'], $defs: {
		Cat: object({ kind: { const: 'cat', type: 'string' } },
			{ required: ['kind'] }),
		Dog: object({ kind: { const: 'dog', type: 'string' } },
			{ required: ['kind'] }) } }),
	// zod: references into properties, for each object used twice.
	zod: { $schema: 'http://json-schema.org/draft-07/schema#',
		additionalProperties: false, ...object({
			stroke: object({ r: { type: 'number' } }),
			fill: { $ref: '#/properties/stroke' },
			red: { $ref: '#/properties/stroke/properties/r' } }) },
	// FastMCP and others: required without a declaration, null, parts.
	fastmcp: object({ flow: { type: 'array', items: object({ name: text },
		{ required: ['name', 'codecType'] }) },
	all: { allOf: [{ $ref: '#/definitions/Base' }, object({ b: text })] },
	one: null }, { required: ['flow', 'flow', 'gone'], definitions: {
		Base: object({ a: { type: ['string', 'null'], enum: ['x', null] } },
			{ required: ['a'] }) } }),
	// GitHub's and FTShare's: alternatives at the root.
	root: { ...object({ code: text, year: { type: 'integer' } }),
		anyOf: [{ required: ['code'] }, { required: ['year'] }] },
	// A tree, a loop without an end, a name that is a keyword.
	recursive: object({ kids: { type: 'array', items: { $ref: '#' } },
		loop: { $ref: '#/$defs/a' }, required: { type: 'boolean' } },
	{ $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }),
	typebox: object({ map: { type: 'object', patternProperties: {
		'^(.*)$': text }, additionalProperties: false } }),
	// References in what Kimi does not read, as Pydantic and OpenAPI have them.
	hidden: object({ by_id: { type: 'object', patternProperties: {
		'^i': { $ref: '#/$defs/Item' } } },
	some: { type: 'array', contains: { $ref: '#/$defs/Item' } },
	foo: { $ref: '#/components/schemas/Foo' } },
	{ $defs: { Item: object({ n: text }, { not: { $ref: '#/$defs/Item' } }) },
		components: { schemas: { Foo: object({ id: text }),
			Bar: { $ref: '#/components/schemas/Foo' } } } }),
	list: { type: 'array', items: text },
	php: { type: 'object', properties: [], required: [] },
	nothing: true,
	large: object({ n: { type: 'integer', maximum: 9007199254740991 } }),
};

const dialects = {
	'chat/completions': (model, content, schema, strict) => ({ model,
		messages: [{ role: 'user', content }], tools: [{ type: 'function',
			function: { name: 'f', parameters: schema, strict } }] }),
	responses: (model, input, parameters, strict) => ({ model, input,
		tools: [{ type: 'function', name: 'f', parameters, strict }] }),
	messages: (model, content, input_schema) => ({ model, max_tokens: 900,
		messages: [{ role: 'user', content }],
		tools: [{ name: 'f', input_schema }] }),
};

const services = {
	'the Open Platform': () => ['kimi-k3', platformKey()],
	'Kimi Code': () => ['k3', codeKey()],
	'Kimi Code\'s Anthropic flavour': () => ['k3', codeKey('refused')],
};

const schemaOf = (body) => body.tools[0].function?.parameters
	?? body.tools[0].input_schema;

withSite('schemas', 'lighttpd_fastcgi', {}, async (check, site) => {
	const ask = (path, body, key) => call(site, `/v1/${path}`, { body, key });

	for (const [service, credential] of Object.entries(services)) {
		if (service.includes('flavour'))
			await site.fake.settings({ code_allow: ['other/'] });
		for (const path of Object.keys(dialects))
			await check(`${service} takes them from ${path}`,
				() => served(path, credential));
	}
	await check('the numbers of a schema are exact', exact);
	await check('a strict tool is not sent with less', strict);
	await check('128 tools, and no more', many);

	async function served(path, credential) {
		await Promise.all(Object.entries(schemas).map(async ([name, schema]) => {
			const [model, key] = credential();
			const word = scene({ tool_calls: [{ id: 'f:0', name: 'f',
				arguments: '{}' }] }, `${name}-${path}-${key}`);
			const body = dialects[path](model, word, schema);
			const r = await ask(path, body, key);
			assert.equal(r.status, 200, `${name}: ${r.text}`);
			const s = new Stream(site, `/v1/${path}`, { key,
				body: { ...body, stream: true } });
			await s.done;
			assert.equal(s.status, 200, name);
			assert.doesNotMatch(s.raw, /"error":\{|event: error/, name);
		}));
	}

	async function exact() {
		const [model, key] = services['the Open Platform']();
		const body = JSON.stringify(dialects['chat/completions'](model,
			'exact-numbers', schemas.large));
		const r = await ask('chat/completions', body, key);
		assert.equal(r.status, 200, r.text);
		assert.equal(schemaOf(await bodyWith(site, 'exact-numbers'))
			.properties.n.maximum, 9007199254740991);
	}

	async function strict() {
		const places = { 'chat/completions': 'tools[0].function.parameters',
			responses: 'tools[0].parameters' };
		for (const [path, param] of Object.entries(places)) {
			const go = (schema) => ask(path, dialects[path]('kimi-k3',
				'strict', schema, true), platformKey());
			const r = await go(schemas.fork_turns);
			assert.equal(r.status, 400, r.text);
			assert.equal(r.json.error.param, `${param}.properties.fork_turns`);
			assert.match(r.json.error.message, /'oneOf' do not exclude/);
			assert.equal((await go(schemas.pydantic)).status, 200);
		}
	}

	async function many() {
		const tools = { 'chat/completions': (i) => ({ type: 'function',
			function: { name: `f${i}`, parameters: {} } }),
		responses: (i) => ({ type: 'function', name: `f${i}` }),
		messages: (i) => ({ name: `f${i}`, input_schema: {} }) };
		for (const [path, tool] of Object.entries(tools))
			for (const [n, status] of [[128, 200], [129, 400]]) {
				const r = await ask(path, { ...dialects[path]('kimi-k3',
					'many'), tools: Array.from({ length: n },
					(_, i) => tool(i)) }, platformKey());
				assert.equal(r.status, status, r.text.slice(0, 500));
				assert.ok(status === 200 || /129 tools.*at most 128/.test(
					r.json.error.message), r.text);
			}
	}
});
