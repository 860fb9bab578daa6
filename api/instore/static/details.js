// What is told of goods while they are packed: the barcode that was read, serial number and weight; and what each parcel
// weighs. In the browser until the package is packed; packing sends it.

import { dialog, h } from "./dom.js";
import { told, tell } from "./store.js";
import { t } from "./words.js";

const WEIGHT = /^\d{1,6}([.,]\d{1,3})?$/;

// A code that a scanner read on one of the package's goods: their barcode, not a SKU that was typed.
export function read(object, item, code) {
  if (object.kind === "package" && item.barcode?.toLowerCase() === code.toLowerCase()) note(object, item, { barcode: item.barcode });
}

// As a command's input has it. Of goods either all are named or none: what is not named would count as not packed.
export function packed(object) {
  const { items } = told(object.id);
  if (!object.items.some((item) => items[item.id])) return {};
  return { package_items: object.items.map((item) => ({ id: item.id, ...items[item.id] })) };
}

export function parcelsOf(object, n) {
  const { parcels } = told(object.id);
  const rows = Array.from({ length: n }, (_, at) => (parcels[at] ? { weight: parcels[at] } : {}));
  return n > 1 || rows[0].weight ? { parcels: rows } : {};
}

// What stands beside an item, in words.
export function words(object, item) {
  const { serial_no, weight } = told(object.id).items[item.id] ?? {};
  return [serial_no && `${t("serial")} ${serial_no}`, weight && `${weight} kg`].filter(Boolean).join(" · ");
}

export function weights(object, n) {
  const said = told(object.id).parcels.slice(0, n).filter(Boolean);
  return said.map((one) => `${one} kg`).join(" + ");
}

export function button(object, item, again) {
  return h("button", { id: `row-${item.id}-details`, class: "quiet", "aria-label": t("detailsOf", item), onclick: () => ask(object, item, again) }, t("details"));
}

function ask(object, item, again) {
  const known = told(object.id).items[item.id] ?? {};
  const serial = field("serial", t("serial"), known.serial_no ?? "", false);
  const weight = field("weight", t("weight"), known.weight ?? "", true);
  sheet(t("detailsOf", item), [serial, weight], () => {
    note(object, item, { serial_no: serial.value() || undefined, weight: weight.value() || undefined });
    again();
  });
}

export function weigh(object, n, again) {
  const before = told(object.id).parcels;
  const fields = Array.from({ length: n }, (_, at) => field(`parcel-${at + 1}`, t("parcelWeight", { n: at + 1 }), before[at] ?? "", true));
  sheet(t("weigh"), fields, () => {
    tell(object.id, { ...told(object.id), parcels: fields.map((one) => one.value()) });
    again();
  });
}

function note(object, item, said) {
  const before = told(object.id);
  tell(object.id, { ...before, items: { ...before.items, [item.id]: { ...before.items[item.id], ...said } } });
}

function field(name, title, value, isWeight) {
  const wrong = h("span", { class: "wrong", id: `w-${name}`, role: "alert" });
  const input = h("input", { id: `i-${name}`, value, maxlength: isWeight ? 12 : 255, inputmode: isWeight ? "decimal" : false, autocomplete: "off", spellcheck: "false", "aria-describedby": `w-${name}` });
  const said = () => (isWeight ? input.value.trim().replace(",", ".") : input.value.trim());
  const good = () => {
    const ok = !isWeight || !input.value.trim() || WEIGHT.test(input.value.trim());
    wrong.textContent = ok ? "" : t("weightWrong");
    if (!ok) input.focus();
    return ok;
  };
  return { element: h("p", { class: "field" }, h("label", { for: `i-${name}` }, title), input, wrong), value: said, good };
}

function sheet(title, fields, keep) {
  dialog(title, (close) => {
    const send = (event) => {
      event.preventDefault();
      if (!fields.every((one) => one.good())) return;
      close();
      keep();
    };
    return h("form", { novalidate: true, onsubmit: send }, fields.map((one) => one.element), h("div", { class: "choices" }, h("button", { class: "main huge", id: "keep" }, t("keep")), h("button", { type: "button", class: "quiet", onclick: close }, t("cancel"))));
  });
}
