// SPDX-License-Identifier: MIT
// The fake's rules for JSON schemas, of tools and of replies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from './lib/process.mjs';
import { call, say } from './lib/http.mjs';
import { startFake } from './lib/fake.mjs';

const complaint = new RegExp('^Invalid request: (?<at>\\S+) is .*details: '
	+ "<At path '(?<path>.*?)': (?<why>.*)>$");

const tool = (parameters) => ({ type: 'function',
	function: { name: 'f', parameters } });
const object = (properties, more = {}) =>
	({ type: 'object', properties, ...more });

test('the fake Open Platform\'s schemas', async (t) => {
	const fake = await startFake(folder('fake-schemas'));
	const chat = (text, more) => call(fake, '/v1/chat/completions', {
		key: 'sk-test', body: say(text, { model: 'kimi-k3', ...more }) });
	const refused = (r, status, words) => {
		assert.equal(r.status, status, r.text);
		assert.match(r.json.error.message, words);
	};
	t.after(() => fake.stop());

	await t.test('what is accepted', async () => {
		for (const schema of [object({}), object({ a: { type: 'string' } }),
			object({ a: { type: ['string', 'null'] } },
				{ required: ['a'], additionalProperties: false }),
			object({ a: { anyOf: [{ type: 'string' }, { type: 'null' }],
				description: 'either' } }),
			object({ a: { type: 'array', items: { $ref: '#/$defs/x' } } },
				{ $defs: { x: object({ next: { anyOf: [
					{ $ref: '#/$defs/x' }, { type: 'null' }] } }) } }),
			object({ a: { type: 'array' } }, { additionalProperties: {} }),
			object({ a: { $ref: '#/$defs/x', description: 'an x' } },
				{ $defs: { x: { type: 'integer', enum: [1, 2] } } }),
			object({ a: { $ref: '#/$defs/x' }, b: { $ref: '#/$defs/y' } },
				{ $defs: { x: object({ z: { $ref: '#/$defs/z' } },
					{ required: ['z'] }), y: { type: 'null' },
				z: { type: 'null' } } })])
			assert.equal((await chat('x', { tools: [tool(schema)],
				response_format: { type: 'json_schema',
					json_schema: { name: 'o', schema } } })).status, 200);
	});

	await t.test('what is refused, with the path', async () => {
		const deep = (n) => n === 0 ? { type: 'null' } : object({ a: deep(n - 1) });
		for (const [schema, path, words] of [
			[object({ a: {} }), 'properties.a', /type is not defined/],
			[object({ a: { enum: ['x'] } }), 'properties.a', /not defined/],
			[object({ a: { oneOf: [{ type: 'null' }] } }), 'properties.a',
				/not defined/],
			[object({ a: { type: 'string', anyOf: [{ type: 'string' }] } }),
				'properties.a', /^when using anyOf, type should be defined in/],
			[object({}, { anyOf: [{ required: [] }] }), 'root',
				/^when using anyOf, type should be defined in anyOf items/],
			[object({ a: { anyOf: [{ enum: [1] }] } }),
				'properties.a.anyOf{0}', /type is not defined/],
			[object({ a: { properties: {}, anyOf: [object({})] } }),
				'properties.a', /^conflicting keywords .* properties$/],
			[object({ a: { type: 'array', items: [{ type: 'null' }] } }),
				'properties.a.items', /^items must be an object$/],
			[object({ a: { type: 'array', items: object({ b: {} }) } }),
				'properties.a.items.properties.b', /not defined/],
			[object({ a: true }), 'properties',
				/^property schema for 'a' must be an object$/],
			[object({ a: { $ref: '#/definitions/x' } }),
				'properties.a.$ref', /^references must start with #\/\$defs\/$/],
			[object({ a: { $ref: '#/$defs/x' } }), 'properties.a.$ref',
				/^\$defs not found for reference/],
			[object({ a: { $ref: '#/$defs/x', type: 'string' } },
				{ $defs: { x: { type: 'string' } } }), 'properties.a',
			/^when using \$ref, type should be defined in the referenced/],
			[object({ a: { $ref: '#/$defs/x', minLength: 1 } },
				{ $defs: { x: { type: 'string' } } }), 'properties.a',
			/minLength is not allowed at the same level as \$ref/],
			[object({ a: { type: 'null', not: { $ref: '#/$defs/x' } } },
				{ $defs: { x: { type: 'string' } } }), 'properties.a.not',
			/^\$ref is not allowed in this schema\.$/],
			[object({}, { components: { A: { properties: {
				b: { $ref: '#/components/B' } } } } }), 'components',
			/^invalid \$ref path: #\/components\/B$/],
			[object({}, { $defs: { x: {} } }), '$defs.x', /not defined/],
			[object({ a: { type: 'text' } }), 'properties.a', /invalid type/],
			[object({}, { required: ['a'] }), 'required',
				/^required property 'a' is not defined in properties$/],
			[object({}, { additionalProperties: 'no' }),
				'additionalProperties', /must be a boolean or an object/],
			[object([]), 'properties', /^properties must be an object$/],
			[object({ a: { type: 'array', items: {} } }),
				'properties.a.items', /not defined/],
			[object({ required: { type: 'null' } }), 'properties',
				/^property name 'required' is reserved/],
			[object({ a: { type: 'string', enum: [1] } }),
				'properties.a.enum', /does not match any type/],
			[object({ a: { type: 'integer', minimum: '3' } }),
				'properties.a', /^limits must be numbers/],
			[object({ a: { type: 'string', minLength: 3, maxLength: 2 } }),
				'properties.a', /lower not greater/],
			[object({ a: { anyOf: [] } }), 'properties.a.anyOf',
				/^anyOf must have 1-100 items$/],
			[object({ a: { type: ['string', 'null'], minLength: 1 } }),
				'properties.a', /minLength is not allowed in combination/],
			[object({ a: { $ref: '#' } }, { required: ['a'] }), 'root',
				/^detected infinite recursion/],
			[object({ a: { $ref: '#/$defs/x' } }, { $defs: { x: object({
				'b/c': { type: 'null' } }) } }), '$defs',
			/'b\/c' cannot contain '\/' character/],
			[deep(11), `properties.${'a.properties.'.repeat(10)}a`,
				/^schema depth exceeds maximum limit of 10$/],
		])
			for (const [what, more] of [
				['tools.function.parameters', { tools: [tool(schema)] }],
				['response_format.json_schema', { response_format: {
					type: 'json_schema', json_schema: { name: 'o',
						schema } } }]]) {
				const r = await chat('x', more);
				refused(r, 400, /is not a valid moonshot flavored json schema/);
				const { groups } = complaint.exec(r.json.error.message);
				assert.equal(groups.at, what);
				assert.equal(groups.path, path);
				assert.match(groups.why, words);
			}
		for (const schema of [{}, { type: 'array', items: {} },
			{ anyOf: [object({})] }])
			refused(await chat('x', { tools: [tool(schema)] }), 400,
				/tools\.function\.parameters\.type is required and must be "object"/);
	});
});
