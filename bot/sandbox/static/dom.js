// Elements are made here and only here. Text is set by textContent, so nothing anybody says can become markup.

export const $ = (id) => document.getElementById(id);

/** Make an element: `make("p", {class: "muted"}, "text", child)`. Functions become listeners, true/false attributes. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** A line icon from the page's symbols. */
export function icon(name, small = false) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", small ? "icon small" : "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A square with the first letter of a name. */
export function avatar(name, number, kind = "") {
  const first = Array.from(name)[0] ?? "?";
  return make("span", { class: `avatar ${kind || `tone-${number % 8}`}`, "aria-hidden": "true" }, first);
}

/** Show a number in a badge, or hide it; `label` says it in words. */
export function setCount(element, count, label = "") {
  element.hidden = count === 0;
  element.replaceChildren();
  if (count === 0) return;
  element.append(make("span", { "aria-hidden": "true" }, count > 99 ? "99+" : String(count)));
  if (label) element.append(make("span", { class: "visually-hidden" }, label));
}

/** Open a dialog; a tap outside or on a closing button dismisses it. */
export function openDialog(dialog) {
  if (!dialog.open) dialog.showModal();
}

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-dismiss]")) dialog.close();
  });
}
