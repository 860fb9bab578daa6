// The pick list: what lies on which shelf for several packages together, by SKU; on the screen and on paper.

import { act } from "./acts.js";
import { h } from "./dom.js";
import { rows, scanned } from "./rows.js";
import { badge } from "./list.js";
import { count, counted, hereOf, shown, state } from "./store.js";
import { moment, pieces, t } from "./words.js";

const left = new Set(); // packages that are not to be on it

const name = () => `pick.${state.at}`;

function packages() {
  return Object.values(state.objects).filter((one) => hereOf(one, "packages")).map(shown).filter((one) => ["100", "200"].includes(one.state)).sort((a, b) => a.id - b.id);
}

// By SKU: {id, sku, name, barcode, quantity, of: [[number, pieces]]}.
function lines(chosen) {
  const found = new Map();
  for (const one of chosen) {
    for (const item of one.items) {
      const line = found.get(item.sku) ?? { ...item, id: item.sku, quantity: 0, of: [] };
      line.quantity += Number(item.quantity);
      line.of.push([one.number, Number(item.quantity)]);
      found.set(item.sku, line);
    }
  }
  return [...found.values()].sort((a, b) => a.sku.localeCompare(b.sku));
}

// Packages in picking that what was picked suffices for, the oldest first.
function complete(chosen) {
  const rest = { ...counted(name()) };
  return chosen.filter((one) => {
    const fits = one.items.every((item) => (rest[item.sku] ?? 0) >= Number(item.quantity));
    if (fits) for (const item of one.items) rest[item.sku] -= Number(item.quantity);
    return fits && one.state === "200";
  });
}

const chosenOnes = () => packages().filter((one) => !left.has(one.id));

export function scan(code) {
  return scanned(name(), lines(chosenOnes()), code);
}

export function view(again) {
  const all = packages();
  const chosen = chosenOnes();
  const list = lines(chosen);
  for (const [sku, n] of Object.entries(counted(name()))) {
    const most = list.find((one) => one.sku === sku)?.quantity ?? 0;
    if (n > most) count(name(), sku, most); // what went into packages that left
  }
  const may = (one, known) => one.may.find((command) => command.known === known);
  const begin = chosen.filter((one) => may(one, "start-preparing") && !one.pending);
  const done = complete(chosen).filter((one) => may(one, "ready-for-packaging") && !one.pending);
  const each = (which, known) => {
    for (const one of which) act(one, may(one, known));
  };
  const pick = (one) => {
    const id = `pick-${one.id}`;
    const change = (event) => {
      if (event.target.checked) left.delete(one.id);
      else left.add(one.id);
      again();
    };
    return h("li", {}, h("input", { type: "checkbox", id, checked: !left.has(one.id), onchange: change }), h("label", { for: id }, h("b", { class: "mono" }, one.number), " ", one.customer), badge(one));
  };
  const of = (item) => h("span", { class: "soft of-which" }, item.of.map(([number, n]) => `${number} × ${n}`).join(", "));
  if (!all.length) return [h("h1", {}, t("pickTitle")), h("p", { class: "empty" }, t("pickNone"))];
  return [
    h("h1", {}, t("pickTitle")),
    h("p", { class: "soft on-paper" }, t("printed", { place: state.me.locations.find((one) => one.code === state.at)?.name, at: moment(new Date().toISOString()) })),
    h("p", { class: "soft" }, t("pickOf", { n: pieces(list), of: chosen.length })),
    h("details", { class: "filter", id: "which", open: open(), ontoggle: (event) => (opened.which = event.currentTarget.open) }, h("summary", { id: "which-summary" }, t("pickWhich")), h("ul", { class: "ticks" }, all.map(pick))),
    rows(name(), list, again, of),
    h(
      "div",
      { class: "bar" },
      begin.length > 0 && h("button", { id: "pick-start", class: "main huge", onclick: () => each(begin, "start-preparing") }, t("pickStart", { n: begin.length })),
      done.length > 0 && h("button", { id: "pick-done", class: begin.length ? "huge" : "main huge", onclick: () => each(done, "ready-for-packaging") }, t("pickDone", { n: done.length })),
      h("div", { class: "buttons" }, h("button", { id: "print", onclick: () => window.print() }, t("print"))),
    ),
  ];
}

const opened = { which: false };
const open = () => opened.which;
