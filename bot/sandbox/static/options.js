// The numbered options of a question, as the bot writes them, and whether something said is one of them.

const SIGNS = "①②③④⑤⑥⑦⑧⑨";
const OPTIONS = /([①②③④⑤⑥⑦⑧⑨])\s*([^①②③④⑤⑥⑦⑧⑨\n]+)/gu;
const ENTRIES = /^([1-9])[.．、] *(#[A-Z][0-9]+)?/gm;
const LONGEST = 14; // characters of a button
const OVER = /^(算了|取消|不用了|当我没说|撤销)/;

/** The options in the order they are written; a single one only where it stands on a line of its own. */
export function optionsIn(words) {
  const found = [...words.matchAll(OPTIONS)].map(([, sign, text]) => ({ sign, number: SIGNS.indexOf(sign) + 1, words: labelOf(text) }));
  return found.length > 1 || /^①/m.test(words) ? found : entriesIn(words);
}

/** A list whose entries are opened by their number; other numbered lines are no question. */
function entriesIn(words) {
  if (!words.includes("序号")) return [];
  const entries = [...words.matchAll(ENTRIES)].filter(([, number], at) => Number(number) === at + 1);
  return entries.length > 1 ? entries.map(([, number, ref]) => ({ sign: number, number: Number(number), words: ref ?? "" })) : [];
}

/** What the digit does stands behind a colon, where there is one; reasons stand behind a comma or in brackets. */
function labelOf(text) {
  const [first, ...rest] = text.split(/[：:]/);
  const does = rest.at(-1)?.trim();
  const words = does && does.length <= LONGEST ? does : first;
  return words.split(/[，。；;（(]/)[0].trim().slice(0, LONGEST);
}

/** Whether these words answer it, or end it. */
export function answers(said, words) {
  const plain = said.trim().replace(/^\//, "");
  if (OVER.test(plain)) return true;
  return optionsIn(words).some(
    ({ sign, number, words: option }) => plain.startsWith(sign) || new RegExp(`^${number}(?!\\d)`).test(plain) || (option && plain.startsWith(option)),
  );
}
