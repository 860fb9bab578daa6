// Rows of goods to be checked off: by a tap, piece by piece, or by the scanner.

import { h, sound, speak } from "./dom.js";
import { count, counted } from "./store.js";
import { t } from "./words.js";

// `name`: whose counts (store.counted). `more(item)`: what else a row offers.
export function rows(name, items, changed, more = () => null) {
  const done = counted(name);
  return h("ul", { class: "rows" }, items.map((item) => row(name, item, done[item.id] ?? 0, changed, more)));
}

function row(name, item, n, changed, more) {
  const of = Number(item.quantity);
  const set = (pieces) => {
    count(name, item.id, pieces);
    speak(t("counted", { name: item.name, n: pieces, of }));
    changed();
  };
  const full = n >= of;
  const id = `row-${item.id}`;
  return h(
    "li",
    { class: full ? "row full" : "row", "data-sku": item.sku },
    goods(item),
    h(
      "div",
      { class: "count" },
      of > 1 && h("button", { id: `${id}-less`, class: "step", "aria-label": t("fewer", item), disabled: n === 0, onclick: () => set(Math.max(0, n - 1)) }, "−"),
      h("span", { class: "of" }, h("b", {}, String(n)), ` / ${of}`),
      of > 1 && h("button", { id: `${id}-more`, class: "step", "aria-label": t("another", item), disabled: full, onclick: () => set(n + 1) }, "+"),
      h("button", { id: `${id}-all`, class: "check", "aria-pressed": String(full), "aria-label": t("checkAll", item), onclick: () => set(full ? 0 : of) }, h("span", { "aria-hidden": "true" }, "✓")),
      more(item),
    ),
  );
}

export function goods(item) {
  const codes = [item.sku, item.barcode !== item.sku && item.barcode, item.looks].filter(Boolean).join(" · ");
  return h("div", { class: "goods" }, h("b", {}, item.name), h("span", { class: "mono" }, codes));
}

// How many pieces are checked: [n, of].
export function progress(name, items) {
  const done = counted(name);
  const of = items.reduce((sum, item) => sum + Number(item.quantity), 0);
  return [items.reduce((sum, item) => sum + Math.min(done[item.id] ?? 0, Number(item.quantity)), 0), of];
}

// What is not checked off: [{...item, lacking}].
export function lacking(name, items) {
  const done = counted(name);
  return items.map((item) => ({ ...item, lacking: Number(item.quantity) - (done[item.id] ?? 0) })).filter((item) => item.lacking > 0);
}

// Counts one piece of what a scanner read. False where it is none of these goods. `read(item)` is told which it was.
export function scanned(name, items, code, read = () => {}) {
  const same = items.filter((item) => [item.barcode, item.sku].some((one) => one?.toLowerCase() === code.toLowerCase()));
  if (!same.length) return false;
  const done = counted(name);
  const item = same.find((one) => (done[one.id] ?? 0) < Number(one.quantity));
  if (item) {
    count(name, item.id, (done[item.id] ?? 0) + 1);
    read(item);
  }
  sound(Boolean(item));
  const shown = item ?? same[0];
  speak(item ? t("counted", { name: item.name, n: done[item.id] ? done[item.id] + 1 : 1, of: item.quantity }) : t("countedAll", { name: shown.name, of: shown.quantity }));
  return item ? "counted" : t("countedAll", { name: shown.name, of: shown.quantity });
}
