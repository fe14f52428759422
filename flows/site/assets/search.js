"use strict";
// Which documents have the words that are typed. Words are split as flows/site/search.py splits them.
winnow.search = (() => {
  const FIELDS = winnow.site.fields.length;
  const WEIGHTS = [8, 5, 3, 2];

  function split(text) {
    const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    const apart = plain.replace(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu, " $& ");
    return [...new Set(apart.match(/[\p{L}\p{N}]+/gu) || [])];
  }

  // Order by code points, as the index has it; JavaScript's own is by halves of them.
  function isBefore(one, other) {
    const left = [...one];
    const right = [...other];
    for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
      if (left[i] !== right[i]) return left[i].codePointAt(0) < right[i].codePointAt(0);
    }
    return left.length < right.length;
  }

  async function partsOf(prefix) {
    const first = await winnow.load("words");
    let low = first.findIndex((word) => isBefore(prefix, word));
    if (low === -1) low = first.length;
    const numbers = [Math.max(0, low - 1)];
    for (let n = low; n < first.length && first[n].startsWith(prefix); n += 1) numbers.push(n);
    return first.length ? Promise.all([...new Set(numbers)].map((n) => winnow.load(`words-${n}`))) : [];
  }

  // The best weight of each document for words that begin as `prefix` does.
  async function weigh(prefix) {
    const weights = new Uint8Array(winnow.site.documents);
    for (const words of await partsOf(prefix)) {
      for (const word of Object.keys(words)) {
        if (!word.startsWith(prefix)) continue;
        const bonus = word === prefix ? 4 : 0;
        let posting = 0;
        for (const step of words[word]) {
          posting += step;
          const document = Math.floor(posting / FIELDS);
          const weight = WEIGHTS[posting % FIELDS] + bonus;
          if (weight > weights[document]) weights[document] = weight;
        }
      }
    }
    return weights;
  }

  // A weight for each document, 0 for one that lacks a word; null when nothing is asked.
  async function find(text) {
    const words = split(text);
    if (!words.length) return null;
    const each = await Promise.all(words.map(weigh));
    const all = new Uint16Array(winnow.site.documents);
    for (let n = 0; n < all.length; n += 1) {
      let sum = 0;
      for (const weights of each) {
        if (!weights[n]) {
          sum = 0;
          break;
        }
        sum += weights[n];
      }
      all[n] = sum;
    }
    return all;
  }

  return { find, split };
})();
