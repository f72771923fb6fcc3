// The numbered options of a question, as the bot writes them, and whether something said is one of them.

const SIGNS = "①②③④⑤⑥⑦⑧⑨";
const OPTIONS = /([①②③④⑤⑥⑦⑧⑨])\s*([^①②③④⑤⑥⑦⑧⑨\n，。；;（(：:]{1,14})/gu;
const OVER = /^(算了|取消|不用了|当我没说|撤销)/;

/** The options in the order they are written; a single one only where it stands on a line of its own. */
export function optionsIn(words) {
  const found = [...words.matchAll(OPTIONS)].map(([, sign, text]) => ({ sign, number: SIGNS.indexOf(sign) + 1, words: text.trim() }));
  return found.length > 1 || /^①/m.test(words) ? found : [];
}

/** Whether these words answer it, or end it. */
export function answers(said, words) {
  const plain = said.trim().replace(/^\//, "");
  if (OVER.test(plain)) return true;
  return optionsIn(words).some(
    ({ sign, number, words: option }) => plain.startsWith(sign) || new RegExp(`^${number}(?!\\d)`).test(plain) || (option && plain.startsWith(option)),
  );
}
