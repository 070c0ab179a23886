'use strict';

const http = require('node:http');
const { priceOf } = require('../pricing/price');
const { readQuery } = require('./query');

function answer(menu, url) {
  const query = readQuery(url);
  if (!query) return [404, { error: 'GET /price/ITEM?count=N' }];
  try {
    const cents = priceOf(menu, query.item, query.count);
    return [200, { name: menu[query.item].name, cents }];
  } catch (error) {
    return [400, { error: error.message }];
  }
}

function createServer(menu) {
  return http.createServer((request, response) => {
    const [status, body] = answer(menu, request.url);
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(body) + '\n');
  });
}

module.exports = { answer, createServer };
