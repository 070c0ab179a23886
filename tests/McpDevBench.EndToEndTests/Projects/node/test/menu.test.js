'use strict';

const test = require('node:test');
const assert = require('node:assert');
const { decode } = require('../lib/menu/decode');
const { readMenu } = require('../lib/menu/read');

test('a byte order mark is dropped', () => assert.strictEqual(decode(Buffer.from('\ufeffcafé')), 'café'));
test('Latin-1 is understood', () => assert.strictEqual(decode(Buffer.from('café', 'latin1')), 'café'));
test('names are those of the list', () => assert.strictEqual(readMenu().coffee.name, 'Café crème'));
test('prices are in cents', () => assert.strictEqual(readMenu().juice.price, 320));
