'use strict';

/** Text without a byte order mark; Latin-1 where it is not UTF-8. */
function decode(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

module.exports = { decode };
