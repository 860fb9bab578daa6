// Lists: packages here, transfers that come, transfers to be sent; by state, with counts, narrowed by filters.

import { h } from "./dom.js";
import { Away, get, line } from "./server.js";
import { hereOf, keep, save, shown, state } from "./store.js";
import { howMany, moment, pieces, t, turkish } from "./words.js";

const P_OPEN = ["100", "200", "400", "450", "500", "550", "50", "150", "300", "930", "910", "920"];
const P_DONE = ["600", "700", "800", "900", "1000", "1100", "1200"];
const T_OPEN = ["in_transit", "ready_to_shipment", "waiting"];
const T_DONE = ["transferred", "out_of_stock", "cancelled"];
const FILTERS = ["date", "order", "package", "barcode", "sku", "first", "last"];
const COLOURS = {
  100: "blue", 200: "violet", 400: "violet", 450: "amber", 500: "green", 550: "green", 50: "grey", 150: "grey", 300: "red", 930: "red", 910: "red", 920: "red",
  waiting: "blue", ready_to_shipment: "violet", in_transit: "amber", transferred: "green", out_of_stock: "red",
};

export function stateName(kind, value) {
  const of = kind === "package" ? "package" : "transferorder";
  const found = state.me.states.find((one) => one.of === of && one.value === String(value));
  return found ? (turkish ? found.tr : found.en) : String(value);
}

export function badge(object) {
  return h("span", { class: `badge ${COLOURS[object.state] ?? "grey"}` }, stateName(object.kind, object.state));
}

// What a list's address asks for.
function asked(what, search) {
  const said = new URLSearchParams(search);
  const open = what === "packages" ? P_OPEN : T_OPEN;
  const done = what === "packages" ? P_DONE : T_DONE;
  const chosen = said.get("state") ?? "open";
  const states = chosen === "open" ? open : chosen === "finished" ? done : [chosen];
  const filters = Object.fromEntries(FILTERS.map((name) => [name, said.get(name) ?? ""]).filter(([, text]) => text));
  return { chosen, states, filters, open, done };
}

const nameOf = (what, search) => `${state.at} ${what} ${search}`;

// Asks the server for a list. Throws Away.
export async function refresh(what, search, page = 1) {
  const { states, filters } = asked(what, search);
  const at = state.at;
  const said = await get(`list/${what}/`, { at, states: states.join(","), page, ...filters });
  if (at !== state.at) return;
  for (const object of said.objects) keep(object, said.position);
  const before = page > 1 ? (state.lists[nameOf(what, search)]?.keys ?? []) : [];
  state.lists = { ...last(state.lists, 8), [nameOf(what, search)]: { keys: [...before, ...said.objects.map((one) => `${one.kind}:${one.id}`)], count: said.count, more: said.more, page } };
  state.position = Math.max(state.position, said.position);
  save();
}

function last(lists, n) {
  return Object.fromEntries(Object.entries(lists).slice(-n));
}

// The objects of a list as they stand: the server's choice, or, while it is away, ours of what we know.
function objects(what, search) {
  const { states, filters } = asked(what, search);
  const kept = state.lists[nameOf(what, search)];
  const narrowed = Object.keys(filters).length > 0;
  const place = (one) => Math.max(0, states.indexOf(String(one.state))); // what is to be done first stands first
  const found = kept && (line.up || narrowed) ? kept.keys.map((key) => state.objects[key]).filter(Boolean) : Object.values(state.objects).filter((one) => hereOf(one, what));
  return found.map(shown).filter((one) => states.includes(String(one.state)) || (kept && narrowed)).sort((a, b) => place(a) - place(b) || a.id - b.id);
}

export function view(what, search, go, again) {
  const { chosen, filters, open, done } = asked(what, search);
  const counts = state.counts[what] ?? {};
  const sum = (states) => states.reduce((n, one) => n + Number(counts[one] ?? 0), 0);
  const kind = what === "packages" ? "package" : "transfer";
  const address = (said) => {
    const query = new URLSearchParams(Object.entries({ ...filters, ...said }).filter(([, value]) => value));
    return `${location.pathname}${query.size ? `?${query}` : ""}`;
  };
  const chip = (name, title, n) =>
    h("a", { class: "chip", id: `chip-${name}`, href: address({ state: name === "open" ? "" : name }), "aria-current": chosen === name ? "true" : false }, title, " ", h("b", {}, String(n)));
  const found = objects(what, search);
  const kept = state.lists[nameOf(what, search)];
  const narrowed = Object.keys(filters).length > 0;
  return [
    h("h1", { class: "hidden" }, t(what)),
    h(
      "nav",
      { class: "chips", "aria-label": t("state") },
      chip("open", t("open"), sum(open)),
      open.filter((one) => Number(counts[one] ?? 0) > 0 || chosen === one).map((one) => chip(one, stateName(kind, one), counts[one] ?? 0)),
      chip("finished", t("finished"), sum(done)),
    ),
    filterForm(filters, narrowed, chosen, go),
    found.length ? h("ul", { class: "tiles" }, found.map((one) => tile(one, what))) : h("p", { class: "empty" }, kept || !line.up ? t(narrowed ? "noneFiltered" : `none_${what}`) : "…"),
    kept?.more && line.up && h("p", {}, h("button", { id: "more", class: "wide-button", onclick: (event) => more(event, what, search, kept.page + 1, again) }, t("more"))),
  ];
}

async function more(event, what, search, page, again) {
  event.currentTarget.disabled = true;
  try {
    await refresh(what, search, page);
  } catch (error) {
    if (!(error instanceof Away)) throw error;
  }
  again();
}

function filterForm(filters, narrowed, chosen, go) {
  const field = (name) =>
    h("p", { class: "field" }, h("label", { for: `f-${name}` }, t(`f_${name}`)), h("input", { id: `f-${name}`, name, type: name === "date" ? "date" : "text", value: filters[name] ?? "", autocomplete: "off", spellcheck: "false", maxlength: 255 }));
  const send = (event) => {
    event.preventDefault();
    const said = new URLSearchParams([...new FormData(event.currentTarget)].filter(([, text]) => text.trim()));
    if (chosen !== "open") said.set("state", chosen);
    go(`${location.pathname}${said.size ? `?${said}` : ""}`);
  };
  const key = JSON.stringify([location.pathname, filters, chosen]);
  if (form.key === key) return form.element; // what is typed in it stays when the page is shown anew
  form.key = key;
  form.element = h(
    "details",
    { class: "filter", id: "filter" },
    h("summary", { id: "filter-summary" }, t("filter"), narrowed && h("span", { class: "badge amber" }, t("filterOn"))),
    h("form", { class: "fields", onsubmit: send }, FILTERS.map(field), h("p", { class: "buttons" }, h("button", { class: "main" }, t("apply")), h("a", { class: "button", href: location.pathname }, t("clear")))),
  );
  return form.element;
}
const form = { key: "", element: null };

export function where(one) {
  if (one.kind === "transfer") return one.destination?.code === state.at ? t("from", { where: one.source?.name }) : t("to", { where: one.destination?.name });
  if (!one.collected) return one.city ? `${t("home")}, ${one.city}` : t("home");
  return one.pickup === one.location?.code ? t("collects") : t("collectsElsewhere", { where: one.pickup ?? "" });
}

function tile(one) {
  const who = one.kind === "package" ? one.customer || t("noName") : one.package_number && t("forPackage", { number: one.package_number });
  return h(
    "li",
    {},
    h(
      "a",
      { class: one.pending ? "tile pending" : "tile", id: `tile-${one.kind}-${one.id}`, href: `/instore/${one.kind}s/${one.id}/` },
      h("span", { class: "line" }, h("b", { class: "mono" }, one.number), badge(one)),
      h("span", { class: "line" }, h("span", {}, who), h("span", { class: "soft" }, howMany(pieces(one.items)))),
      h("span", { class: "clip soft" }, one.items.map((item) => `${item.quantity} × ${item.name}`).join(", ")),
      h("span", { class: "line soft" }, h("span", {}, where(one)), h("span", {}, moment(one.placed))),
    ),
  );
}
