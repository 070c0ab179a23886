#!/usr/bin/env node
'use strict';

const { readMenu } = require('../lib/menu/read');
const { priceOf } = require('../lib/pricing/price');
const { createServer } = require('../lib/http/server');

const [command, ...rest] = process.argv.slice(2);
if (command === 'price' && rest.length === 2) {
  console.log(priceOf(readMenu(), rest[0], Number(rest[1])));
} else if (command === 'serve') {
  const port = Number(rest[0] ?? 8080);
  createServer(readMenu()).listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}`));
} else {
  console.error('usage: kiosk price ITEM COUNT | serve [PORT]');
  process.exitCode = 2;
}
