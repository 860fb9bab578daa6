// One package or transfer: what it is, its goods to be checked off, and below, under the thumb, what comes next.

import { act, attended, newKey, page } from "./acts.js";
import * as details from "./details.js";
import { dialog, h } from "./dom.js";
import { canAsk, form, missing, needsForm } from "./forms.js";
import { badge, where } from "./list.js";
import { waiting } from "./queue.js";
import { line } from "./server.js";
import { counted, state } from "./store.js";
import { lacking, goods, progress, rows, scanned } from "./rows.js";
import { called, howMany, moment, pieces, t } from "./words.js";

const CHECKED = new Set(["200", "400", "in_transit", "waiting", "ready_to_shipment"]); // states in which goods are in somebody's hands
const COMPLETES = new Set(["ready-for-packaging", "complete-packaging-with-shipment", "complete-packaging-without-shipment", "transfer-ready-for-dispatch", "transfer-dispatch"]);
const TROUBLE = ["product-not-found-advanced", "product-for-transfer-not-found", "transfer-out-of-stock", "product-not-found", "package-refuse-with-denial-reason", "block-package", "cancel-package", "cancel-transfer"];
const MISSES = new Set(["product-not-found-advanced", "product-not-found", "product-for-transfer-not-found", "transfer-out-of-stock"]);

// What a clerk most likely does next, the first of these that may run.
function next(object) {
  const here = object.collected && object.pickup === object.location?.code;
  const order = {
    100: ["start-preparing"],
    200: ["ready-for-packaging"],
    400: here ? ["complete-packaging-without-shipment"] : ["complete-packaging-with-shipment"],
    500: here ? ["ready-for-pickup"] : ["ship-package"],
    550: ["deliver-to-customer"],
    300: ["unblock-package"],
    920: ["reschedule"],
    910: ["reschedule"],
    waiting: ["transfer-ready-for-dispatch", "transfer-dispatch"],
    ready_to_shipment: ["transfer-dispatch"],
    in_transit: ["transfer-delivered"],
  }[object.state];
  return (order ?? []).map((known) => object.may.find((one) => one.known === known)).find(Boolean);
}

const countsOf = (object) => `${object.kind}.${object.id}.${object.state}`;
const checks = (object) => CHECKED.has(String(object.state)) && object.may.length > 0;

export function view(object, again, parcels) {
  const name = countsOf(object);
  const incoming = object.kind === "transfer" && object.state === "in_transit" && object.may.length > 0;
  const miss = object.may.find((one) => one.known === "product-not-found-advanced" || one.known === "product-for-transfer-not-found");
  const missButton = (item) => miss && h("button", { id: `row-${item.id}-missing`, class: "quiet", "aria-label": t("missingOf", item), onclick: () => missing(object, [item], object.may, miss) }, t("missing"));
  const packing = packs(next(object));
  const told = (item) => details.words(object, item);
  const more = (item) => [packing && details.button(object, item, again), missButton(item), packing && told(item) && h("span", { class: "soft of-which" }, told(item))];
  const [n, of] = progress(name, object.items);
  return [
    h("p", { class: "trail" }, h("a", { id: "back", class: "back", href: listOf(object) }, "‹ ", t("back"))),
    h("div", { class: "heading" }, h("h1", {}, object.number), badge(object)),
    facts(object),
    object.notes && h("p", { class: "said warn" }, h("b", {}, t("note"), ": "), object.notes),
    waiting(object.kind, object.id).map((entry) => h("p", { class: "said" }, t("waitingOf", { title: entry.title }))),
    h("h2", {}, howMany(pieces(object.items)), checks(object) && h("span", { class: "soft" }, " – ", t(incoming ? "arrivedOf" : "checkedOf", { n, of }))),
    checks(object) ? rows(name, object.items, again, more) : h("ul", { class: "rows" }, object.items.map((item) => h("li", { class: "row" }, goods(item), h("span", { class: "of" }, h("b", {}, String(item.quantity)))))),
    incoming && n < of && h("p", {}, h("button", { id: "all-arrived", class: "wide-button", onclick: () => { everything(name, object.items); again(); } }, t("allArrived"))),
    papers(object),
    bar(object, again, parcels),
  ];
}

function everything(name, items) {
  localStorage.setItem(`instore.count.${name}`, JSON.stringify(Object.fromEntries(items.map((item) => [item.id, Number(item.quantity)]))));
}

function listOf(object) {
  if (object.kind === "package") return "/instore/";
  return object.destination?.code === state.at ? "/instore/expected/" : "/instore/dispatch/";
}

function facts(object) {
  const who = object.kind === "package" ? object.customer || t("noName") : object.package_number && t("forPackage", { number: object.package_number });
  return h(
    "p",
    { class: "who-line" },
    who && h("b", {}, who),
    h("span", {}, where(object)),
    h("span", { class: "soft" }, moment(object.placed)),
    object.shipment && h("span", { class: "soft" }, [object.shipment.carrier, object.shipment.awb].filter(Boolean).join(" ")),
    object.after && h("span", { class: "soft" }, t("after")),
  );
}

function papers(object) {
  if (object.kind !== "package" || !["450", "500", "550", "600", "700", "800", "900"].includes(String(object.state)) || object.pending) return null;
  if (!line.up) return h("p", { class: "soft" }, t("version"));
  const paper = (id, path, title) => h("a", { class: "button", id, href: `/instore/paper/${path}/`, target: "_blank", rel: "noopener" }, title);
  return h(
    "div",
    { class: "buttons papers" },
    object.shipment?.label ? paper("label", `shipment/${object.shipment.id}`, t("label")) : object.shipment && h("span", { class: "soft" }, t("labelWaits")),
    paper("document", `package/${object.id}`, t("document")),
  );
}

function bar(object, again, parcels) {
  if (!state.me.acts) return h("p", { class: "soft" }, t("notActing"));
  const first = next(object);
  const trouble = TROUBLE.map((known) => object.may.find((one) => one.known === known)).filter(Boolean);
  const rest = object.may.filter((one) => one !== first && !trouble.includes(one) && canAsk(one));
  const withParcels = first?.known === "complete-packaging-with-shipment";
  const [n, of] = progress(countsOf(object), object.items);
  const ready = !first || !COMPLETES.has(first.known) || !checks(object) || n >= of;
  const key = newKey(); // made with the button: pressed twice, it is one press
  return h(
    "div",
    { class: "bar" },
    withParcels &&
      h(
        "div",
        { class: "count parcels" },
        h("span", {}, t("parcels")),
        h("button", { id: "parcels-less", class: "step", "aria-label": t("fewerParcels"), disabled: parcels.n < 2, onclick: () => { parcels.n -= 1; again(); } }, "−"),
        h("span", { class: "of", id: "parcels" }, h("b", {}, String(parcels.n))),
        h("button", { id: "parcels-more", class: "step", "aria-label": t("moreParcels"), disabled: parcels.n > 19, onclick: () => { parcels.n += 1; again(); } }, "+"),
        h("button", { id: "weigh", class: "quiet", onclick: () => details.weigh(object, parcels.n, again) }, details.weights(object, parcels.n) || t("weigh")),
      ),
    first && h("button", { id: "next", class: ready ? "main huge" : "huge", "data-slug": first.known, "aria-disabled": resting() && "true", onclick: (event) => event.detail < 2 && !resting() && doNext(object, first, key, parcels) }, called(first)),
    h(
      "div",
      { class: "buttons" },
      trouble.length > 0 && h("button", { id: "wrong", onclick: () => menu(t("wrong"), object, trouble) }, t("wrong")),
      rest.length > 0 && h("button", { id: "other", onclick: () => menu(t("other"), object, rest) }, t("other")),
    ),
  );
}

// The button changes under the thumb: a double click is one press, not one of what comes next too.
const AWHILE = 500; // milliseconds
let pressed = -AWHILE;
const resting = () => performance.now() - pressed < AWHILE;

function done(object, command, input, key) {
  pressed = performance.now();
  setTimeout(page.changed, AWHILE);
  act(object, command, input, key);
}

function menu(title, object, commands) {
  dialog(title, (close) => [
    h(
      "ul",
      { class: "choices" },
      commands.map((command) =>
        h("li", {}, h("button", { class: "huge", "data-slug": command.known, onclick: () => { close(); choose(object, command); } }, called(command))),
      ),
    ),
    h("div", { class: "buttons" }, h("button", { class: "quiet", onclick: close }, t("cancel"))),
  ]);
}

function choose(object, command) {
  if (MISSES.has(command.known)) missing(object, object.items, object.may, command);
  else if (needsForm(command)) form(object, command);
  else act(object, command, inputOf(object, command, 1));
}

const packs = (command) => Boolean(command?.known.includes("complete-packaging"));

// What was scanned, told and weighed goes along with packing.
function inputOf(object, command, parcels) {
  return { ...(packs(command) && details.packed(object)), ...(command.known === "complete-packaging-with-shipment" && details.parcelsOf(object, parcels)) };
}

function doNext(object, command, key, parcels) {
  if (command.known === "transfer-delivered") return receive(object, command, key);
  if (command.known === "deliver-to-customer") return handOver(object, command, key);
  const input = inputOf(object, command, parcels.n);
  const left = COMPLETES.has(command.known) && checks(object) ? lacking(countsOf(object), object.items) : [];
  if (!left.length) return done(object, command, input, key);
  const miss = object.may.find((one) => one.known === "product-not-found-advanced" || one.known === "product-for-transfer-not-found");
  dialog(t("lacking"), (close) => [
    h("p", {}, t("lackingLong")),
    h("ul", {}, left.map((item) => h("li", {}, `${item.lacking} × ${item.name} (${item.sku})`))),
    h(
      "div",
      { class: "choices" },
      miss && h("button", { class: "huge", id: "lack-missing", onclick: () => { close(); missing(object, left, object.may, miss, true); } }, t("lackMissing")),
      h("button", { class: "huge", id: "lack-fine", onclick: () => { close(); act(object, command, input, key); } }, `${t("lackFine")} – ${called(command)}`),
      h("button", { class: "quiet", onclick: close }, t("lackBack")),
    ),
  ]);
}

function receive(object, command, key) {
  const came = counted(countsOf(object));
  const input = { transfer_items: object.items.map((item) => ({ id: item.id, quantity: Math.min(came[item.id] ?? 0, Number(item.quantity)) })) };
  const left = lacking(countsOf(object), object.items);
  if (!left.length) return done(object, command, input, key);
  dialog(t("short"), (close) => [
    h("p", {}, t("shortLong")),
    h("ul", {}, left.map((item) => h("li", {}, `${item.lacking} × ${item.name} (${item.sku})`))),
    h("div", { class: "choices" }, h("button", { class: "huge danger", id: "short-send", onclick: () => { close(); act(object, command, input, key); } }, t("shortSend")), h("button", { class: "quiet", onclick: close }, t("lackBack"))),
  ]);
}

// Nobody hands goods over before the server has said that the code is right.
function handOver(object, command, key) {
  if (!state.me.codes) return done(object, command, {}, key);
  form(object, command, attended);
}

// What a scanner read while this object is open: true, or what was wrong with it; false where it is none of its goods.
export function scan(object, code) {
  return checks(object) ? scanned(countsOf(object), object.items, code, (item) => details.read(object, item, code)) : false;
}
