// Who one is, and who else is in a chat.

import { act } from "./api.js";
import { $, avatar, make, openDialog, setCount } from "./dom.js";
import { say, sayError } from "./words.js";

/** The switch at the top. */
export function drawPersona(store) {
  const person = store.personOf(store.person);
  const face = avatar(person.name, person.number);
  $("persona-avatar").className = face.className;
  $("persona-avatar").textContent = face.textContent;
  const role = make("span", { class: "wide-role" }, say("persona.role", person));
  $("persona-name").replaceChildren(person.name, role);
  $("persona-role").textContent = say("persona.role", person);
  const others = store.people.filter((p) => p.number !== store.person && store.unreadOf(p.number) > 0).length;
  setCount($("persona-unread"), others, say("persona.others_unread", { count: others }));
}

/** Draw the list of people to choose from; `be(number)` makes the choice. */
export function drawPeople(store, be) {
  $("all-read").hidden = !store.people.some((person) => store.unreadOf(person.number) > 0);
  $("people").replaceChildren(
    ...store.people.map((person) => {
      const unread = store.unreadOf(person.number);
      const count = make("span", { class: "count" });
      setCount(count, unread, say("persona.unread", { name: person.name, count: unread }));
      const choose = () => {
        $("persona-dialog").close();
        be(person.number);
      };
      return make(
        "li",
        {},
        make(
          "button",
          { type: "button", class: "person", "data-person": person.number, "aria-current": person.number === store.person ? "true" : null, click: choose },
          avatar(person.name, person.number),
          make(
            "span",
            { class: "person-text" },
            make("span", { class: "person-line" }, make("strong", {}, person.name), make("span", { class: "badge" }, person.label)),
            person.hint ? make("span", { class: "person-hint" }, person.hint) : null,
          ),
          count,
        ),
      );
    }),
  );
}

/** What there is to know and do about the open chat. */
export function openInfo(store, fail) {
  const dialog = $("info-dialog");
  const group = store.groupOf(store.chat);
  $("info-title").textContent = store.chatName(store.chat);
  const doing = (name, body) => async () => {
    dialog.close();
    const answer = await act(name, { person: store.person, ...body });
    if (answer.error) fail(sayError(answer.error));
  };
  $("info-members").replaceChildren(...(group ? group.members.map((member) => make("li", {}, memberRow(store, group, member, doing))) : []));
  $("info-lead").textContent = group ? say("info.members", { count: group.members.length }) : friendship(store);
  $("info-actions").replaceChildren(...(group ? groupActions(store, group, doing) : privateActions(store, doing)));
  openDialog(dialog);
}

function friendship(store) {
  if (store.friends.has(store.person)) return say("info.friends");
  return say(store.writers.has(store.person) ? "info.temporary" : "info.strangers");
}

const governs = (store, group) => ["owner", "admin"].includes(group.members.find((m) => m.number === store.person)?.role);

function memberRow(store, group, member, doing) {
  const name = store.nameOf(member.number, group.key);
  const bot = member.number === store.bot.number;
  const label = member.role === "member" ? store.personOf(member.number)?.label : say(`chat.${member.role}`);
  const removable = governs(store, group) && member.role !== "owner" && member.number !== store.person && !bot;
  return make(
    "div",
    { class: "person" },
    avatar(name, member.number, bot ? "bot" : ""),
    make("span", { class: "person-text" }, make("span", { class: "person-line" }, make("span", {}, name), label ? make("span", { class: "person-hint" }, label) : null)),
    removable
      ? make("button", { type: "button", class: "button quiet", "aria-label": say("info.remove_member", { name }), click: doing("remove", { group: group.number, member: member.number }) }, say("info.remove"))
      : null,
  );
}

function groupActions(store, group, doing) {
  const bot = { bot: store.bot.name };
  const actions = [];
  if (!group.bot) actions.push(make("button", { type: "button", class: "button", click: doing("join", { group: group.number, member: store.bot.number }) }, say("info.invite_bot", bot)));
  if (group.bot && governs(store, group)) actions.push(make("button", { type: "button", class: "button danger", click: doing("remove", { group: group.number, member: store.bot.number }) }, say("info.remove_bot", bot)));
  if (group.members.find((m) => m.number === store.person)?.role !== "owner") {
    actions.push(make("button", { type: "button", class: "button danger", click: doing("leave", { group: group.number }) }, say("info.leave")));
  }
  return actions;
}

function privateActions(store, doing) {
  const friend = store.friends.has(store.person);
  const name = friend ? "unfriend" : "befriend";
  return [make("button", { type: "button", class: friend ? "button danger" : "button", click: doing(name, {}) }, say(`info.${name}`, { bot: store.bot.name }))];
}
