// Writing: the input that grows, quick commands, quoting, and what happens when sending fails.

import { act } from "./api.js";
import { $, make, openDialog } from "./dom.js";
import { plainWords } from "./lines.js";
import { Palette } from "./palette.js";
import { say, sayError } from "./words.js";

const TALLEST = 160; // pixels
const FEW_CHIPS = { narrow: 3, wide: 6 };

export class Composer {
  constructor(store, { sent }) {
    this.store = store;
    this.sent = sent;
    this.quoted = null;
    this.busy = false;
    this.recalled = 0; // how far the arrow up went back
    this.draft = $("draft");
    this.palette = new Palette(store, this.draft, (text) => this.#fill(text));
    this.#listen();
  }

  /** After the chat or the person changed. */
  show() {
    this.quoted = null;
    this.recalled = 0;
    this.palette.close();
    this.problem("");
    this.draft.value = this.store.drafts.get(this.#draftKey()) ?? "";
    this.draw();
    this.#grow();
    this.refresh();
  }

  /** What one may say here may have changed. */
  async refresh() {
    await this.palette.load();
    this.draw();
  }

  draw() {
    const group = this.store.groupOf(this.store.chat);
    const placeholder = group ? say("chat.placeholder_group", { name: group.name }) : say("chat.placeholder_private", { bot: this.store.bot.name });
    this.draft.placeholder = placeholder;
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
      this.recalled = 0;
      this.#grow();
      this.palette.follow();
    });
    this.draft.addEventListener("blur", () => setTimeout(() => this.palette.closeIfLeft(), 200));
    this.draft.addEventListener("keydown", (event) => {
      // While an input method composes, Enter picks a word (229: Safari reports it only so).
      if (event.isComposing || event.keyCode === 229) return;
      if (this.palette.key(event.key) || this.#recall(event.key)) {
        event.preventDefault();
        return;
      }
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      this.#send(this.draft.value);
    });
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(this.draft.value);
    });
    $("open-palette").addEventListener("click", () => {
      this.#fill(this.draft.value === "/" ? "" : "/");
    });
    $("at-bot").addEventListener("click", () => {
      $("attach-dialog").close();
      this.#insert(`@${this.store.bot.name} `);
    });
    $("quoting-off").addEventListener("click", () => {
      this.quoted = null;
      this.draw();
      this.draft.focus();
    });
    $("attach").addEventListener("click", () => {
      $("at-bot").hidden = !this.store.groupOf(this.store.chat)?.bot;
      openDialog($("attach-dialog"));
    });
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

  /** The arrow up in an empty input brings back what one said here, the arrow down goes on again. */
  #recall(key) {
    const said = this.store.said();
    const step = { ArrowUp: 1, ArrowDown: -1 }[key];
    if (!step || (this.draft.value !== "" && this.recalled === 0)) return false;
    const at = this.recalled + step;
    if (at < 0 || at > said.length) return this.recalled > 0;
    this.draft.value = at === 0 ? "" : said[said.length - at];
    this.draft.dispatchEvent(new Event("input"));
    this.palette.close();
    this.recalled = at;
    return true;
  }

  #drawChips(group) {
    const usable = this.store.quickWords().filter(({ text }) => this.palette.fits(text));
    const few = matchMedia("(min-width: 768px)").matches ? FEW_CHIPS.wide : FEW_CHIPS.narrow;
    const chips = usable.slice(0, few).map((chip) => {
      const text = group && !chip.text.startsWith("/") ? `/${chip.text}` : chip.text;
      const tap = () => (chip.send ? this.say(text) : this.#fill(text));
      return make("button", { type: "button", class: "chip", click: tap }, chip.text.trim());
    });
    $("chips").replaceChildren(...chips);
  }

  /** Say something that was not typed: a chip, an option. */
  say(text) {
    return this.#send(text);
  }

  #fill(text) {
    this.draft.focus();
    this.draft.value = text;
    this.draft.dispatchEvent(new Event("input"));
  }
}
