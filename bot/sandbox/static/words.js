// The page's sentences come from templates/sandbox/strings.toml; this module only fills them in.

const strings = JSON.parse(document.getElementById("strings").textContent);

/** `say("chat.unread", {count: 3})` */
export function say(path, values = {}) {
  const [group, name] = path.split(".");
  const sentence = strings[group]?.[name];
  if (sentence === undefined) throw new Error(`no sentence ${path}`);
  return sentence.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** The heading of a kind of memory; a kind without one is shown as it is. */
export const kindOf = (kind) => (Object.hasOwn(strings.kinds, kind) ? strings.kinds[kind] : kind);

/** The sentence of an error code. */
export function sayError(code, values) {
  return say(code in strings.errors ? `errors.${code}` : "errors.other", values);
}

// Times arrive as the platform's local wall clock (2026-11-24T19:00:00+08:00) and are shown as written, whatever zone
// the browser is in.

function parts(at) {
  const [, year, month, day, clock] = /^(\d+)-(\d+)-(\d+)T(\d\d:\d\d)/.exec(at);
  const weekday = strings.time.weekdays[new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return { month: Number(month), day: Number(day), clock, weekday };
}

export const clockOf = (at) => parts(at).clock;

/** A full time stamp: today's as "今天 19:00". */
export function stampOf(at, now) {
  return at.slice(0, 10) === now.slice(0, 10) ? say("time.today", parts(at)) : say("time.day", parts(at));
}

/** A day and its hour, for lists that span weeks. */
export const dayOf = (at) => say("time.day", parts(at));

/** A short one for lists. */
export function shortOf(at, now) {
  return at.slice(0, 10) === now.slice(0, 10) ? parts(at).clock : say("time.short_day", parts(at));
}

/** The day and the hour of the rehearsal, apart: a narrow page has room for the hour only. */
export const rehearsalTime = (at) => [say("time.rehearsal", parts(at)), clockOf(at)];
