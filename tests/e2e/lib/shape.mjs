// SPDX-License-Identifier: MIT
// Shapes of values: a shape is a function that throws if a value does not
// match, and says where. Members that an object's shape does not name are an
// error.

import { AssertionError } from 'node:assert/strict';

function wrong(at, want, got) {
	const shown = got === undefined ? 'nothing'
		: JSON.stringify(got).slice(0, 300);
	throw new AssertionError({ message: `${at}: ${want}, not ${shown}`,
		actual: got, expected: want, operator: 'shape' });
}

const plain = (test, want) => (v, at = 'body') => {
	if (!test(v))
		wrong(at, want, v);
};

export const text = plain((v) => typeof v === 'string', 'a string');
export const word = plain((v) => typeof v === 'string' && v !== '',
	'a string that is not empty');
export const bool = plain((v) => typeof v === 'boolean', 'true or false');
export const nil = plain((v) => v === null, 'null');
export const count = plain((v) => Number.isSafeInteger(v) && v >= 0,
	'an integer from 0');
export const number = plain(Number.isFinite, 'a number');
export const any = plain((v) => v !== undefined, 'anything');
export const anyObject = plain((v) => v !== null && typeof v === 'object'
	&& !Array.isArray(v), 'an object');

// Unix seconds, recent ones: neither milliseconds nor strings.
export const seconds = plain((v) => Number.isSafeInteger(v) && v > 1e9
	&& v < 1e10, 'Unix seconds');

export const is = (...values) => plain((v) => values.includes(v),
	values.map((v) => JSON.stringify(v)).join(' or '));
export const like = (re) => plain((v) => typeof v === 'string' && re.test(v),
	`a string like ${re}`);

// A prefix and 24 or more letters and digits.
export const id = (prefix) => like(new RegExp(`^${prefix}[A-Za-z0-9]{24,}$`));

export const maybe = (shape) => (v, at = 'body') => {
	if (v !== null)
		shape(v, at);
};

export const list = (shape, least = 0) => (v, at = 'body') => {
	if (!Array.isArray(v) || v.length < least)
		wrong(at, `an array of ${least} or more`, v);
	v.forEach((one, i) => shape(one, `${at}[${i}]`));
};

export const either = (...shapes) => (v, at = 'body') => {
	const reasons = [];
	for (const shape of shapes)
		try {
			return shape(v, at);
		} catch (e) {
			reasons.push(e.message);
		}
	return wrong(at, reasons.join(' / '), v);
};

// All members of `needed`, any of `more`, nothing else.
export const object = (needed, more = {}) => (v, at = 'body') => {
	anyObject(v, at);
	for (const [name, shape] of Object.entries(needed))
		shape(v[name], `${at}.${name}`);
	for (const [name, value] of Object.entries(v))
		if (Object.hasOwn(more, name))
			more[name](value, `${at}.${name}`);
		else if (!Object.hasOwn(needed, name))
			wrong(`${at}.${name}`, 'no such member', value);
};

// Up to 16 pairs of short strings.
export const metadata = (v, at = 'body') => {
	anyObject(v, at);
	if (Object.keys(v).length > 16)
		wrong(at, 'at most 16 pairs', v);
	for (const [name, value] of Object.entries(v)) {
		like(/^[^]{1,64}$/)(name, `${at}, a name`);
		like(/^[^]{0,512}$/)(value, `${at}.${name}`);
	}
};

// Objects distinguished by one member, whose values are the keys of `shapes`.
export const oneOf = (member, shapes) => (v, at = 'body') => {
	anyObject(v, at);
	if (!Object.hasOwn(shapes, v[member]))
		wrong(`${at}.${member}`, Object.keys(shapes).join(' or '), v[member]);
	shapes[v[member]](v, at);
};

// Two shapes at once: the members, and the rules between them.
export const both = (...shapes) => (v, at = 'body') =>
	shapes.forEach((shape) => shape(v, at));

// A rule between members; `test` gets the value.
export const rule = (want, test) => (v, at = 'body') => {
	if (!test(v))
		wrong(at, want, v);
};

// Arguments of a call.
export const jsonObject = rule('the text of a JSON object', (v) => {
	try {
		return JSON.parse(v)?.constructor === Object;
	} catch {
		return false;
	}
});
