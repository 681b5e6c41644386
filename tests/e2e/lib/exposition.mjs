// SPDX-License-Identifier: MIT
// A strict reader of Prometheus' text format, version 0.0.4, that also knows what
// counters and histograms must be.

import assert from 'node:assert/strict';

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]\d+)?$/;

// { key: value } of `{key="value",…}`, and the rest of the line.
function labelsOf(text, line) {
	const labels = {};
	if (text[0] !== '{')
		return [labels, text];
	for (text = text.slice(1); ; text = text.slice(1)) {
		const found = LABEL.exec(text);
		assert.ok(found, `a label in ${line}`);
		assert.ok(!(found[1] in labels), `${found[1]} once in ${line}`);
		labels[found[1]] = found[2].replace(/\\(.)/g,
			(_, c) => c === 'n' ? '\n' : c);
		text = text.slice(found[0].length);
		if (text[0] === '}')
			return [labels, text.slice(1)];
		assert.equal(text[0], ',', line);
	}
}

function sampleOf(line) {
	const [name] = NAME.exec(line) || assert.fail(`a name in ${line}`);
	const [labels, rest] = labelsOf(line.slice(name.length), line);
	assert.equal(rest[0], ' ', line);
	assert.match(rest.slice(1), NUMBER, line);
	return { name, labels, value: Number(rest.slice(1)) };
}

const suffixes = { histogram: ['_bucket', '_sum', '_count'] };

// The buckets of one histogram, as they come.
function checkHistogram(family, samples) {
	const of = (suffix) => samples.filter((s) =>
		s.name === family.name + suffix);
	const les = of('_bucket').map((s) => s.labels.le);
	assert.equal(les.at(-1), '+Inf', family.name);
	assert.deepEqual(les.slice(0, -1), [...les.slice(0, -1)]
		.sort((a, b) => a - b).map((le) => String(Number(le))), family.name);
	const counts = of('_bucket').map((s) => s.value);
	counts.forEach((n, i) => assert.ok(Number.isInteger(n)
		&& (i === 0 || n >= counts[i - 1]), `${family.name} ${counts}`));
	assert.deepEqual(of('_count').map((s) => s.value), [counts.at(-1)]);
	assert.equal(of('_sum').length, 1);
}

function checkFamily(family) {
	const { name, type, samples } = family;
	const seen = new Set();
	for (const s of samples) {
		const id = JSON.stringify([s.name, Object.entries(s.labels).sort()]);
		assert.ok(!seen.has(id), `${id} once`);
		seen.add(id);
		assert.ok((suffixes[type] || ['']).some((suffix) =>
			s.name === name + suffix), `${s.name} in ${name}`);
		if (type !== 'gauge')
			assert.ok(s.value >= 0, id);
	}
	if (type === 'counter')
		assert.match(name, /_total$/);
	if (type !== 'histogram')
		return;
	const groups = new Map();
	for (const s of samples) {
		const id = JSON.stringify({ ...s.labels, le: undefined });
		groups.set(id, [...groups.get(id) || [], s]);
	}
	for (const group of groups.values())
		checkHistogram(family, group);
}

// Families by their names: { name, help, type, samples: [{ name, labels, value
// }] }.
export function readExposition(text) {
	const families = new Map();
	let family;
	assert.equal(text.at(-1), '\n', 'the last line ends');
	for (const line of text.slice(0, -1).split('\n')) {
		const [, word, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
			|| [];
		if (word === 'HELP') {
			assert.ok(!families.has(name), `${name} is one family`);
			family = { name, help: rest, samples: [] };
			families.set(name, family);
		} else if (word === 'TYPE') {
			assert.equal(name, family.name, 'TYPE follows HELP');
			assert.match(rest, /^(counter|gauge|histogram)$/);
			family.type = rest;
		} else {
			assert.notEqual(line[0], '#', line);
			assert.ok(family.type, line);
			family.samples.push(sampleOf(line));
		}
	}
	for (const f of families.values())
		checkFamily(f);
	return families;
}

// The sum of a family's samples that have these labels.
export function sumOf(families, name, labels = {}) {
	assert.ok(families.has(name), name);
	return families.get(name).samples.filter((s) => Object.entries(labels)
		.every(([key, value]) => (s.labels[key] ?? '') === value))
		.reduce((sum, s) => sum + s.value, 0);
}

// No counter of the first reading is lower in the second one, by its labels and
// in all. A series that has ended counts as one that began again.
export function assertNothingFell(before, after) {
	for (const [name, { type, samples }] of before) {
		if (type === 'gauge')
			continue;
		for (const s of samples) {
			const now = after.get(name).samples.find((n) => n.name === s.name
				&& JSON.stringify(n.labels) === JSON.stringify(s.labels));
			assert.ok(now === undefined || now.value >= s.value,
				`${s.name} ${JSON.stringify(s.labels)} fell`);
		}
		const all = (families) => families.get(name).samples
			.reduce((sum, s) => sum + s.value, 0);
		assert.ok(all(after) >= all(before), `${name} fell`);
	}
}
