'use strict';

/** The item and the count that a URL asks for. */
function readQuery(url) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, noun, item] = pathname.split('/');
  return noun === 'price' && item ? { item: decodeURIComponent(item), count: Number(searchParams.get('count') ?? 1) } : null;
}

module.exports = { readQuery };
