'use strict';

const { discountFor } = require('./discount');

/** What this many of an item cost, in cents. */
function priceOf(menu, item, count) {
  const found = menu[item];
  if (!found) throw new RangeError(`no such item: ${item}`);
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`not a count: ${count}`);
  return Math.round(found.price * count * (100 - discountFor(count)) / 100);
}

module.exports = { priceOf };
