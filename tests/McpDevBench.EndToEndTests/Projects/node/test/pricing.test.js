'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { discountFor } = require('../lib/pricing/discount');
const { priceOf } = require('../lib/pricing/price');

for (const [count, percent] of [[1, 0], [4, 0], [5, 3], [9, 3], [10, 8], [49, 8], [50, 12], [99, 12], [100, 20], [1000, 20]]) {
  test(`discount for ${count}`, () => assert.strictEqual(discountFor(count), percent));
}

const menu = { tea: { price: 200, name: 'Tea' } };
test('price of one', () => assert.strictEqual(priceOf(menu, 'tea', 1), 200));
test('price of twelve', () => assert.strictEqual(priceOf(menu, 'tea', 12), 2208));
test('no such item', () => assert.throws(() => priceOf(menu, 'soup', 1), /no such item: soup/));
for (const count of [0, -1, 1.5, NaN]) {
  test(`not a count: ${count}`, () => assert.throws(() => priceOf(menu, 'tea', count), RangeError));
}
