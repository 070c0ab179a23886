'use strict';

/** Per cent off, by the number from which on it applies. */
const tiers = { 5: 3, 10: 8, 50: 12, 100: 20 };

/** Per cent off for this many: those of the highest threshold that is reached. */
function discountFor(count) {
  const thresholds = Object.keys(tiers).sort();
  let percent = 0;
  for (const threshold of thresholds) {
    if (count >= Number(threshold)) percent = tiers[threshold];
  }
  return percent;
}

module.exports = { discountFor };
