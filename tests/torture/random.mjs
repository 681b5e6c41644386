// SPDX-License-Identifier: MIT
// Numbers that look random and come from a seed, so that a run can be repeated.

// mulberry32, by Tommy Ettinger (public domain).
function generator(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

const words = ['one', 'stream', 'ends', 'and', 'another', 'begins', 'naïve',
	'"quoted"', 'back\\slash', '你好', '世界', '🙂', 'a\nline', 'tab\there',
	'<tag>', '100%', 'data:', '[DONE]', "it's", 'so'];

export class Random {
	constructor(...seeds) {
		this.next = generator(seeds.reduce((all, seed) =>
			Math.imul(all ^ seed, 0x9e3779b1) + 1, 0x2545f491));
	}

	below = (n) => Math.floor(this.next() * n);
	between = (low, high) => low + this.below(high - low + 1);
	chance = (share) => this.next() < share;
	pick = (list) => list[this.below(list.length)];

	// One of [[weight, value], ...].
	weighted(list) {
		let at = this.next() * list.reduce((sum, [w]) => sum + w, 0);
		return (list.find(([w]) => (at -= w) < 0) || list.at(-1))[1];
	}

	// Words of about that many characters, which no reader may trim or alter.
	text(length) {
		let text = '';
		while (text.length < length)
			text += `${this.pick(words)} `;
		return `${text}end`;
	}

	// Most texts are short, some are long.
	length() {
		return this.weighted([[80, this.between(5, 200)],
			[16, this.between(1000, 4000)], [4, this.between(8000, 20000)]]);
	}

	bytes(length) {
		const all = Buffer.alloc(length);
		for (let i = 0; i + 4 <= length; i += 4)
			all.writeUInt32LE(this.below(4294967296), i);
		return all;
	}
}
