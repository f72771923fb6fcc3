// "/" opens the words that fit who one is and where one is, from the bot's own command table.

import { read } from "./api.js";
import { $, make } from "./dom.js";
import { say } from "./words.js";

const MOST = 150; // rows drawn; typing on narrows them

export class Palette {
  constructor(store, draft, pick) {
    this.store = store;
    this.draft = draft;
    this.pick = pick;
    $("palette-words").addEventListener("keydown", (event) => this.key(event.key) && event.preventDefault());
    this.words = [];
    this.place = "";
    this.at = 0;
  }

  get open() {
    return !$("palette").hidden;
  }

  #here() {
    return `${this.store.person} ${this.store.chat}`;
  }

  /** Ask which words fit here; what one may do changes with what one does. */
  async load() {
    const here = this.#here();
    const { person, chat } = this.store;
    const answer = await read("words", { person, chat });
    if (here !== this.#here()) return; // somebody else meanwhile, or another chat
    this.words = answer.words ?? [];
    this.place = here;
    this.often = this.store.quickWords().map(({ text }) => text.replace(/^\//, "").trim());
  }

  /** Whether a quick command is among the words of this place; all are until those are known. */
  fits(text) {
    const plain = text.replace(/^\//, "");
    return this.place !== this.#here() || this.words.length === 0 || this.words.some(({ word }) => plain.startsWith(word));
  }

  /** Look at what is being typed: a first "/" and no space behind its word. */
  async follow() {
    const typed = /^\/([^\s]*)$/.exec(this.draft.value)?.[1];
    if (typed === undefined) return this.close();
    if (this.place !== this.#here()) {
      await this.load();
      if (!this.draft.value.startsWith("/")) return this.close();
    }
    const now = this.draft.value.slice(1);
    this.shown = this.words.filter(({ word, help }) => word.startsWith(now) || (now !== "" && (word.includes(now) || help.includes(now)))).slice(0, MOST);
    const rank = ({ word }) => {
      const at = this.often.findIndex((text) => text.startsWith(word));
      return (word.startsWith(now) ? 0 : 1000) + (at < 0 ? 500 : at); // what begins so, and of that the usual first
    };
    this.shown.sort((a, b) => rank(a) - rank(b));
    if (this.shown.length === 0 || (this.shown.length === 1 && this.shown[0].word === now)) return this.close();
    this.at = 0;
    this.draw();
  }

  draw() {
    $("palette").hidden = false;
    const rows = this.shown.map((one, at) =>
      make(
        "li",
        { role: "option", id: `word-${at}`, class: "word", "aria-selected": String(at === this.at), click: () => this.choose(at) },
        make("span", { class: "word-itself" }, one.word),
        make("span", { class: "word-help" }, one.help),
      ),
    );
    $("palette-words").replaceChildren(...rows);
    this.draft.setAttribute("aria-activedescendant", `word-${this.at}`);
    rows[this.at].scrollIntoView({ block: "nearest" });
    $("palette-count").textContent = say("chat.palette", { count: this.shown.length });
  }

  close() {
    $("palette").hidden = true;
    this.draft.removeAttribute("aria-activedescendant");
  }

  closeIfLeft() {
    const now = document.activeElement;
    if (now !== this.draft && !$("palette").contains(now)) this.close();
  }

  /** A key while it is open; true if it was ours. */
  key(name) {
    if (!this.open) return false;
    if (name === "Escape") this.close();
    else if (name === "ArrowDown" || name === "ArrowUp") this.move(name === "ArrowDown" ? 1 : -1);
    else if (name === "Enter" || name === "Tab") this.choose(this.at);
    else return false;
    return true;
  }

  move(by) {
    this.at = (this.at + by + this.shown.length) % this.shown.length;
    this.draw();
  }

  choose(at) {
    const { word, more } = this.shown[at];
    this.close();
    const sign = this.store.groupOf(this.store.chat) ? "/" : "";
    this.pick(`${sign}${word}${more ? " " : ""}`);
  }
}
