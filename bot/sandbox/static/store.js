// What the page knows: the world as the server told it, who one is, which chat is open, and what was read.

import { answers, optionsIn } from "./options.js";
import { say } from "./words.js";

const textOf = (line) => line.pieces.filter((piece) => piece.kind === "text").map((piece) => piece.text).join("");

const privateKey = (number) => `private-${number}`;

export class Store {
  constructor(state) {
    this.person = null;
    this.chat = null;
    this.drafts = new Map();
    this.complete = new Set();
    this.signs = { recording: {}, kept: new Set() };
    this.load(state);
  }

  /** Take over a complete state; a new run of the server forgets what was read. */
  load(state) {
    Object.assign(this, {
      run: state.run, last: state.last, bot: state.bot, people: state.people, chips: state.chips, online: state.online,
    });
    this.page = state.page;
    this.guide = state.guide;
    this.played = state.played;
    this.movable = state.movable;
    this.moving = false;
    this.passed = { since: null, now: null, until: null, came: [] };
    for (const step of state.passed) this.#takeClock(step);
    this.#setClock(state.now);
    this.zone = state.now.slice(19);
    this.lines = new Map(Object.entries(state.lines));
    this.complete.clear();
    this.names = new Map([...state.people.map((p) => [p.number, p.name]), [state.bot.number, state.bot.name]]);
    this.#takeRoster(state);
    this.#loadSeen(state.read);
    const wanted = Number(this.#recall("person"));
    if (!this.people.some((p) => p.number === this.person)) {
      const [first] = this.guide;
      this.person = this.people.some((p) => p.number === wanted) ? wanted : (first?.person ?? this.people[0].number);
      if (first && this.person === first.person && first.place === "group" && this.nextStep() === 0) {
        this.chat = this.chats().find((chat) => chat.group)?.key ?? null;
      }
    }
    if (!this.chat || !this.chats().some((chat) => chat.key === this.chat)) this.chat = privateKey(this.person);
  }

  /** Take over one live change; false if it is not the next one. */
  take(change) {
    if (change.number <= this.last) return true;
    if (change.number !== this.last + 1) return false;
    this.last = change.number;
    if (change.clock) this.#takeClock(change.clock);
    if (change.online !== undefined) this.online = change.online;
    if (change.roster) this.#takeRoster(change.roster);
    if (change.line) this.takeLine(change.line);
    return true;
  }

  /** Put a line in its place, or replace it (a recalled message). */
  takeLine(line) {
    const lines = this.lines.get(line.chat) ?? [];
    const at = lines.findIndex((known) => known.id >= line.id);
    if (at < 0) lines.push(line);
    else if (lines[at].id === line.id) lines[at] = line;
    else if (at > 0) lines.splice(at, 0, line);
    // else: it stands above what was loaded and will come with the older lines
    this.lines.set(line.chat, lines);
  }

  /** Older lines, asked for by the reader. */
  takeOlder(key, older) {
    if (older.length < this.page) this.complete.add(key);
    this.lines.set(key, [...older, ...(this.lines.get(key) ?? [])]);
  }

  hasOlder(key) {
    return !this.complete.has(key) && (this.lines.get(key)?.length ?? 0) >= this.page;
  }

  be(person) {
    this.person = person;
    this.#keep("person", String(person));
    if (!this.chats().some((chat) => chat.key === this.chat)) this.chat = privateKey(person);
  }

  personOf(number) {
    return this.people.find((person) => person.number === number);
  }

  groupOf(key) {
    return this.groups.get(key) ?? null;
  }

  memberOf(key, number) {
    return this.groupOf(key)?.members.find((member) => member.number === number) ?? null;
  }

  /** The name shown in a chat: the group card if there is one. */
  nameOf(number, key = this.chat) {
    return this.memberOf(key, number)?.card || this.names.get(number) || say("chat.someone");
  }

  chatName(key) {
    return this.groupOf(key)?.name ?? this.bot.name;
  }

  /** The chats a person sees: the private one first, then groups, the latest first. */
  chats(person = this.person) {
    const groups = [...this.groups.values()].filter((group) => group.members.some((m) => m.number === person));
    groups.sort((a, b) => this.#latest(b.key) - this.#latest(a.key));
    return [{ key: privateKey(person), name: this.bot.name, group: null }, ...groups.map((g) => ({ key: g.key, name: g.name, group: g }))];
  }

  otherGroups() {
    return [...this.groups.values()].filter((group) => !group.members.some((m) => m.number === this.person));
  }

  unread(key, person = this.person) {
    const seen = this.seen[person]?.[key] ?? 0;
    return (this.lines.get(key) ?? []).filter(
      (line) => line.id > seen && line.sender !== person && !line.system && !line.recalled,
    ).length;
  }

  /** What the bot told a person privately; group talk, mostly one's own as somebody else, is not worth a badge. */
  unreadOf(person) {
    return this.unread(privateKey(person), person);
  }

  markRead(key = this.chat, person = this.person) {
    const newest = this.lines.get(key)?.at(-1)?.id ?? 0;
    if ((this.seen[person]?.[key] ?? 0) >= newest) return false;
    (this.seen[person] ??= {})[key] = newest;
    this.#keep("seen", JSON.stringify({ run: this.run, seen: this.seen }));
    return true;
  }

  /** The rehearsal's present instant, written like the times of the lines. */
  now() {
    const [sign, hours, minutes] = [this.zone[0] === "-" ? -1 : 1, Number(this.zone.slice(1, 3)), Number(this.zone.slice(4, 6))];
    const local = Date.now() + this.clockShift + sign * (hours * 60 + minutes) * 60000;
    return new Date(local || 0).toISOString().slice(0, 19) + this.zone;
  }

  /** Which step of the guide comes next; its length when all is done, null when the reader wants no guide. */
  nextStep() {
    if (this.guide.length === 0 || [this.guideOff, this.#recall("guide")].includes(this.run)) return null;
    let after = this.played;
    for (const [at, step] of this.guide.entries()) {
      after = this.#doneAt(step, after);
      if (after === null) return at;
    }
    return this.guide.length;
  }

  endGuide() {
    this.guideOff = this.run;
    this.#keep("guide", this.run);
  }

  /** The line by which a step was really done: said behind the step before it, by that person, in that place. */
  #doneAt({ person, place, begins }, after) {
    const does = (line) => {
      if (line.id <= after || line.sender !== person || line.system || line.recalled) return false;
      const words = textOf(line).trim();
      return begins.length ? begins.some((begin) => words.startsWith(begin)) : words !== "" && !words.startsWith("/");
    };
    const places = [...this.lines].filter(([key]) => key.startsWith(place === "any" ? "" : `${place}-`));
    const found = places.flatMap(([, lines]) => lines.filter(does).map((line) => line.id));
    return found.length ? Math.min(...found) : null;
  }

  /** The question of the bot that waits in this private chat: its newest, unless it was answered since. */
  openQuestion() {
    if (this.groupOf(this.chat)) return null;
    const lines = (this.lines.get(this.chat) ?? []).filter((line) => !line.system && !line.recalled);
    const at = lines.findLastIndex((line) => line.sender === this.bot.number && optionsIn(textOf(line)).length > 0);
    if (at < 0) return null;
    const words = textOf(lines[at]);
    const over = lines.slice(at + 1).some((line) => line.sender === this.person && answers(textOf(line), words));
    return over ? null : { id: lines[at].id, words };
  }

  takeSigns({ recording, kept }) {
    this.signs = { recording, kept: new Set(kept) };
  }

  /** Whether a person's words are stored ("kept"), are not although the bot records ("open"), or need no sign. */
  signOf(line) {
    if (line.sender === this.bot.number || !this.groupOf(line.chat)) return null;
    if (this.signs.kept.has(line.id)) return "kept";
    const since = this.signs.recording[line.chat];
    return since && line.at >= since && !textOf(line).trim().startsWith("/") ? "open" : null;
  }

  /** The quick commands of who one is, where one is. */
  quickWords() {
    const { label, name } = this.personOf(this.person);
    const place = this.groupOf(this.chat) ? "group" : "private";
    const fit = this.chips.filter((chip) => ["any", place].includes(chip.place) && (chip.labels.length === 0 || chip.labels.includes(label)));
    return fit.map((chip) => ({ text: chip.text.replace("{name}", name), send: chip.send }));
  }

  /** What this person said here, the newest last: the arrow up brings it back. */
  said() {
    const mine = (this.lines.get(this.chat) ?? []).filter((line) => line.sender === this.person && !line.system && !line.recalled);
    return mine.map(textOf).filter((words) => words !== "");
  }

  /** Everything was seen by everybody. */
  markAllRead() {
    for (const person of this.people) {
      for (const { key } of this.chats(person.number)) this.markRead(key, person.number);
    }
  }

  #setClock(now) {
    this.clockShift = new Date(now).getTime() - Date.now();
  }

  /** The clock went on: what came due is listed until it is moved the next time. */
  #takeClock({ since, now, until, due }) {
    if (this.passed.since !== since) this.passed = { since, came: [] };
    Object.assign(this.passed, { now, until });
    this.moving = until !== null;
    for (const line of due?.lines ?? []) this.passed.came.push({ at: due.at, title: due.title, ...line });
    this.#setClock(due?.at ?? now);
  }

  #latest(key) {
    return this.lines.get(key)?.at(-1)?.id ?? 0;
  }

  #takeRoster(roster) {
    this.groups = new Map(roster.groups.map((group) => [`group-${group.number}`, { ...group, key: `group-${group.number}` }]));
    this.friends = new Set(roster.friends);
    this.writers = new Set(roster.writers);
  }

  #loadSeen(read) {
    this.seen = read;
    try {
      const kept = JSON.parse(this.#recall("seen") ?? "{}");
      if (kept.run === this.run) this.seen = kept.seen;
    } catch {
      // What was kept is unreadable: everything counts as unread again.
    }
  }

  #recall(name) {
    try {
      return localStorage.getItem(`zhixin-sandbox-${name}`);
    } catch {
      return null;
    }
  }

  #keep(name, value) {
    try {
      localStorage.setItem(`zhixin-sandbox-${name}`, value);
    } catch {
      // Private windows may refuse; reading marks then last as long as the page.
    }
  }
}
