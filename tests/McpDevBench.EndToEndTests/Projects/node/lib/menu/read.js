'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { decode } = require('./decode');

const folder = path.join(__dirname, '..', '..', 'data');

/** The menu: prices in cents by item, with each item's name for people. */
function readMenu() {
  const menu = JSON.parse(decode(fs.readFileSync(path.join(folder, 'menu.json'))));
  for (const line of decode(fs.readFileSync(path.join(folder, 'names.txt'))).split('\r\n')) {
    const [item, name] = line.split('=');
    if (name) menu[item].name = name;
  }
  return menu;
}

module.exports = { readMenu };
