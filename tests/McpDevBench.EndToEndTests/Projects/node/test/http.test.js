'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { answer } = require('../lib/http/server');
const { readQuery } = require('../lib/http/query');

const menu = { tea: { price: 200, name: 'Tea' } };
test('a query', () => assert.deepStrictEqual(readQuery('/price/tea?count=3'), { item: 'tea', count: 3 }));
test('one is the default', () => assert.deepStrictEqual(readQuery('/price/tea'), { item: 'tea', count: 1 }));
test('not a query', () => assert.strictEqual(readQuery('/'), null));
test('an answer', () => assert.deepStrictEqual(answer(menu, '/price/tea?count=2'), [200, { name: 'Tea', cents: 400 }]));
test('an error', () => assert.strictEqual(answer(menu, '/price/soup')[0], 400));
test('a wrong address', () => assert.strictEqual(answer(menu, '/soup')[0], 404));
