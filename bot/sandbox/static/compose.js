// Writing: the input that grows, quick commands, quoting, and what happens when sending fails.

import { act } from "./api.js";
import { $, make, openDialog } from "./dom.js";
import { plainWords } from "./lines.js";
import { say, sayError } from "./words.js";

const TALLEST = 160; // pixels
const FEW_CHIPS = { narrow: 3, wide: 6 };
const ANSWERS = /([①②③④⑤⑥⑦⑧⑨])\s*([^①②③④⑤⑥⑦⑧⑨\n，。；;（(]{1,14})/gu;

export class Composer {
  constructor(store, { sent }) {
    this.store = store;
    this.sent = sent;
    this.quoted = null;
    this.busy = false;
    this.allChips = false;
    this.draft = $("draft");
    this.#listen();
  }

  /** After the chat or the person changed. */
  show() {
    this.quoted = null;
    this.allChips = false;
    this.problem("");
    this.draft.value = this.store.drafts.get(this.#draftKey()) ?? "";
    this.draw();
    this.#grow();
  }

  draw() {
    const group = this.store.groupOf(this.store.chat);
    const placeholder = group ? say("chat.placeholder_group", { name: group.name }) : say("chat.placeholder_private", { bot: this.store.bot.name });
    this.draft.placeholder = placeholder;
    $("at-bot").hidden = !group?.bot;
    $("quoting").hidden = this.quoted === null;
    if (this.quoted) {
      const words = plainWords(this.store, this.quoted).slice(0, 60);
      $("quoting-words").textContent = say("chat.quoting", { name: this.store.nameOf(this.quoted.sender), words });
    }
    this.#drawChips(group);
  }

  quote(line) {
    this.quoted = line;
    this.draw();
    this.draft.focus();
  }

  problem(sentence) {
    $("problem").textContent = sentence;
    $("problem").hidden = sentence === "";
  }

  #draftKey() {
    return `${this.store.person} ${this.store.chat}`;
  }

  #listen() {
    this.draft.addEventListener("input", () => {
      this.store.drafts.set(this.#draftKey(), this.draft.value);
      this.#grow();
    });
    this.draft.addEventListener("keydown", (event) => {
      // While an input method composes, Enter picks a word (229: Safari reports it only so).
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#send(this.draft.value);
    });
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(this.draft.value);
    });
    $("at-bot").addEventListener("click", () => this.#insert(`@${this.store.bot.name} `));
    $("quoting-off").addEventListener("click", () => {
      this.quoted = null;
      this.draw();
      this.draft.focus();
    });
    $("attach").addEventListener("click", () => openDialog($("attach-dialog")));
    for (const button of document.querySelectorAll("[data-media]")) {
      button.addEventListener("click", () => {
        $("attach-dialog").close();
        this.#post({ media: button.dataset.media });
      });
    }
  }

  #grow() {
    this.draft.style.height = "auto";
    const borders = this.draft.offsetHeight - this.draft.clientHeight;
    this.draft.style.height = `${Math.min(this.draft.scrollHeight + borders, TALLEST)}px`;
  }

  #insert(text) {
    this.draft.setRangeText(text, this.draft.selectionStart, this.draft.selectionEnd, "end");
    this.draft.dispatchEvent(new Event("input"));
    this.draft.focus();
  }

  async #send(text) {
    if (this.busy) return;
    if (!text.trim()) {
      this.draft.focus();
      return;
    }
    const key = this.#draftKey();
    const done = await this.#post({ text, ...(this.quoted ? { quoted: this.quoted.id } : {}) });
    if (!done) return;
    this.store.drafts.delete(key);
    if (key !== this.#draftKey()) return; // somebody else meanwhile: their draft stays
    if (this.draft.value === text) this.draft.value = "";
    this.quoted = null;
    this.draw();
    this.#grow();
  }

  async #post(body) {
    this.busy = true;
    $("send").setAttribute("aria-disabled", "true");
    const { person, chat } = this.store;
    const answer = await act("say", { person, chat, ...body });
    this.busy = false;
    $("send").removeAttribute("aria-disabled");
    if (answer.error) {
      this.problem(sayError(answer.error, { max: this.draft.maxLength }));
      return false;
    }
    this.problem("");
    this.sent(answer);
    return true;
  }

  #drawChips(group) {
    const answers = this.#answers();
    const label = this.store.personOf(this.store.person).label;
    const place = group ? "group" : "private";
    const usable = this.store.chips.filter(
      (chip) => (chip.place === "any" || chip.place === place) && (chip.labels.length === 0 || chip.labels.includes(label)),
    );
    const few = matchMedia("(min-width: 768px)").matches ? FEW_CHIPS.wide : FEW_CHIPS.narrow;
    const folded = !this.allChips && usable.length > few;
    const shown = answers.length ? [] : folded ? usable.slice(0, few) : usable;
    const chips = shown.map((chip) => {
      const words = chip.text.replace("{name}", this.store.personOf(this.store.person).name);
      const text = group && !words.startsWith("/") ? `/${words}` : words;
      const tap = () => (chip.send ? this.#send(text) : this.#fill(text));
      return make("button", { type: "button", class: "chip", click: tap }, words.trim());
    });
    if (!answers.length && usable.length > few) chips.push(this.#toggle(folded));
    $("chips").replaceChildren(...answers, ...chips);
  }

  #toggle(folded) {
    const tap = () => {
      this.allChips = folded;
      this.draw();
      $("chips").lastElementChild?.focus();
    };
    return make("button", { type: "button", class: "chip toggle", "aria-expanded": String(!folded), click: tap }, say(folded ? "chat.more_chips" : "chat.fewer_chips"));
  }

  #fill(text) {
    this.draft.value = text;
    this.draft.dispatchEvent(new Event("input"));
    this.draft.focus();
  }

  /** The newest question of the bot since one spoke last: its options become buttons. */
  #answers() {
    if (this.store.groupOf(this.store.chat)) return [];
    const lines = (this.store.lines.get(this.store.chat) ?? []).filter((known) => !known.system && !known.recalled);
    const since = lines.slice(lines.findLastIndex((known) => known.sender !== this.store.bot.number) + 1);
    const options = since.map((line) => [...plainWords(this.store, line).matchAll(ANSWERS)]);
    const found = options.findLast((signs) => signs.length > 1) ?? [];
    return found.map(([, sign, words]) => {
      const number = String("①②③④⑤⑥⑦⑧⑨".indexOf(sign) + 1);
      return make("button", { type: "button", class: "chip answer", click: () => this.#send(number) }, `${sign} ${words.trim()}`);
    });
  }
}
