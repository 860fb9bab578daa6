// Forms of commands, made from their input schemas: what a clerk fills in, in large fields.

import { act, newKey } from "./acts.js";
import { dialog, h } from "./dom.js";
import { state } from "./store.js";
import { goods } from "./rows.js";
import { called, has, t } from "./words.js";

const LEFT = new Set(["select_items_by_omnitron_id", "barcodes", "missing_items", "document", "document_type", "parcels", "force", "stock_location"]);

// The properties of a command's input: [[name, schema, required]].
function fields(command) {
  const all = command.input?.$defs ?? {};
  const resolve = (one) => (one?.$ref ? all[one.$ref.split("/").pop()] : one);
  const root = resolve(command.input) ?? {};
  const needed = new Set(root.required ?? []);
  return Object.entries(root.properties ?? {}).map(([name, said]) => {
    const one = resolve(said.anyOf ? said.anyOf.find((part) => part.type !== "null") : said);
    return [name, { ...one, items: resolve(one.items), default: said.default }, needed.has(name)];
  });
}

const asks = (name, schema) => !LEFT.has(name) && (name === "denial_reason" || ["string", "boolean"].includes(schema.type) || schema.enum || isRows(name) || name === "replacement_products");
const isRows = (name) => name === "package_items" || name === "transfer_items";

// Whether a clerk can say all that it needs.
export function canAsk(command) {
  return fields(command).every(([name, schema, required]) => !required || asks(name, schema));
}

export function needsForm(command) {
  const packs = command.known.includes("packaging") || command.known === "update-shipment-label" || command.known === "prepare-package";
  return !packs && fields(command).some(([name, schema]) => asks(name, schema));
}

// The form in a dialog. `by`: for what must be answered at once (acts.attended); else it goes by the queue.
export function form(object, command, by = null) {
  const parts = fields(command).filter(([name, schema]) => asks(name, schema)).map(([name, schema, required]) => part(object, command, name, schema, required));
  const said = h("p", { class: "said bad", role: "alert", hidden: true });
  let key = newKey();
  let sentAs = "";
  const send = async (event, close, button) => {
    event.preventDefault();
    const wrong = parts.map((one) => one.check()).filter(Boolean);
    if (wrong.length) return;
    const input = Object.assign({}, ...parts.map((one) => one.value()));
    if (!by) {
      close();
      act(object, command, input, key);
      return;
    }
    if (sentAs && sentAs !== JSON.stringify(input)) key = newKey();
    sentAs = JSON.stringify(input);
    button.disabled = true;
    const answer = await by(object, command, input, key);
    button.disabled = false;
    if (answer.done) return close();
    const own = parts.filter((one) => answer.fields[one.name]);
    for (const one of own) one.wrong(answer.fields[one.name]);
    said.hidden = own.length > 0;
    said.textContent = answer.message;
  };
  dialog(called(command), (close) => {
    const button = h("button", { class: "main huge", id: "form-send" }, called(command));
    return h("form", { novalidate: true, onsubmit: (event) => send(event, close, button) }, said, parts.map((one) => one.element), h("div", { class: "choices" }, button, h("button", { type: "button", class: "quiet", onclick: close }, t("cancel"))));
  });
}

function part(object, command, name, schema, required) {
  if (name === "denial_reason") return choice(name, t("reasonFor"), state.me.reasons.map((one) => [String(one.id), one.title]), required, Number);
  if (isRows(name)) return itemRows(object, name, schema, required);
  if (name === "replacement_products") return replacement(object, name);
  const title = has(`field_${name}`) ? t(`field_${name}`) : name.replaceAll("_", " ");
  if (name === "cargo_company") return select(name, title, [["", "–"], ...state.me.carriers.map((one) => [one.slug, one.name])], required);
  if (schema.enum) return choice(name, title, schema.enum.map((one) => [one, has(`r_${one}`) ? t(`r_${one}`) : String(one).replaceAll("_", " ")]), required || schema.default === undefined, String, schema.default);
  if (schema.type === "boolean") return tick(name, title, schema.default ?? false);
  return text(name, title, required, name === "otp");
}

function labelled(name, title, input, hint = null) {
  const wrong = h("span", { class: "wrong", id: `w-${name}`, role: "alert" });
  input.id = `i-${name}`;
  input.setAttribute("aria-describedby", `w-${name}`);
  return [h("p", { class: "field" }, h("label", { for: `i-${name}` }, title), hint && h("span", { class: "hint" }, hint), input, wrong), (words) => { wrong.textContent = words ?? ""; if (words) input.focus(); return words; }];
}

function text(name, title, required, code) {
  const input = h("input", { name, autocomplete: code ? "one-time-code" : "off", inputmode: code ? "numeric" : false, maxlength: 255, class: code ? "code" : false });
  const [element, wrong] = labelled(name, code ? t("code") : title, input, code && t("codeHint"));
  const check = () => wrong((required || code) && !input.value.trim() ? t("needed") : "");
  return { name, element, wrong, check, value: () => (input.value.trim() ? { [name]: input.value.trim() } : {}) };
}

function select(name, title, options, required) {
  const input = h("select", { name }, options.map(([value, words]) => h("option", { value }, words)));
  const [element, wrong] = labelled(name, title, input);
  return { name, element, wrong, check: () => wrong(required && !input.value ? t("choose") : ""), value: () => (input.value ? { [name]: input.value } : {}) };
}

function tick(name, title, on) {
  const input = h("input", { type: "checkbox", id: `i-${name}`, checked: on });
  return { name, element: h("p", { class: "tick" }, input, h("label", { for: `i-${name}` }, title)), wrong: () => {}, check: () => "", value: () => ({ [name]: input.checked }) };
}

// Large radio buttons.
function choice(name, title, options, required, as, chosen) {
  const inputs = options.map(([value, words], n) => [h("input", { type: "radio", name, value, id: `i-${name}-${n}`, checked: value === chosen }), h("label", { for: `i-${name}-${n}` }, words)]);
  const bad = h("span", { class: "wrong", role: "alert" });
  const element = h("fieldset", { class: "radios" }, h("legend", {}, title), inputs.map((pair) => h("p", {}, pair)), bad);
  const value = () => inputs.map(([input]) => input).find((input) => input.checked)?.value;
  const wrong = (words) => { bad.textContent = words ?? ""; return words; };
  return { name, element, wrong, check: () => wrong(required && value() === undefined ? t("choose") : ""), value: () => (value() === undefined ? {} : { [name]: as(value()) }) };
}

// How many of each item, and where the schema asks, why.
function itemRows(object, name, schema, required, start = () => 0) {
  const lines = object.items.map((item) => line(item, start(item), schema.items?.properties?.reason?.enum ?? schema.items?.properties?.reason?.anyOf?.find((one) => one.enum)?.enum));
  const bad = h("span", { class: "wrong", role: "alert" });
  const wrong = (words) => { bad.textContent = words ?? ""; return words; };
  const said = () => lines.map((one) => one.value()).filter((one) => one.quantity > 0);
  return { name, element: h("div", { class: "lines" }, lines.map((one) => one.element), bad), wrong, check: () => wrong(required && !said().length ? t("missNothing") : ""), value: () => (said().length ? { [name]: said() } : {}) };
}

function line(item, start, reasons) {
  let n = start;
  const of = Number(item.quantity);
  const shown = h("b", {}, String(n));
  const step = (by) => { n = Math.min(of, Math.max(0, n + by)); shown.textContent = String(n); };
  const why = reasons && h("select", { "aria-label": `${t("why")}: ${item.name}` }, ["not_found", ...reasons.filter((one) => one !== "not_found")].map((one) => h("option", { value: one }, t(`r_${one}`))));
  const element = h(
    "div",
    { class: "row" },
    goods(item),
    h("div", { class: "count" }, h("button", { type: "button", class: "step", "aria-label": t("fewer", item), onclick: () => step(-1) }, "−"), h("span", { class: "of", "aria-live": "polite" }, shown, ` / ${of}`), h("button", { type: "button", class: "step", "aria-label": t("another", item), onclick: () => step(1) }, "+"), why),
  );
  return { element, value: () => ({ id: item.id, quantity: n, ...(why ? { reason: why.value } : {}) }) };
}

function replacement(object, name) {
  const item = select(`${name}-item`, t("field_package_item"), object.items.map((one) => [String(one.id), `${one.name} (${one.sku})`]), true);
  const sku = text(`${name}-sku`, t("field_sku"), true);
  const quantity = text(`${name}-quantity`, t("field_quantity"), true);
  const parts = [item, sku, quantity];
  const value = () => ({ package_item: Number(item.value()[`${name}-item`]), sku: sku.value()[`${name}-sku`], quantity: Number(quantity.value()[`${name}-quantity`]) });
  return { name, element: h("div", {}, parts.map((one) => one.element)), wrong: (words) => sku.wrong(words), check: () => parts.map((one) => one.check()).find(Boolean) ?? "", value: () => ({ [name]: [value()] }) };
}

// What is not there, per item with quantity and reason: the rest goes on, or all of it is given back. `lack`: `items`
// say how many are lacking.
export function missing(object, items, may, command, lack = false) {
  const rowsName = object.kind === "package" ? "package_items" : "transfer_items";
  const schema = fields(command).find(([name]) => name === rowsName)[1];
  const start = (item) => (lack ? item.lacking : items.length === 1 ? Math.min(1, Number(item.quantity)) : 0);
  const whole = may.find((one) => one.known === "product-not-found" && command.known === "product-not-found-advanced");
  const part = itemRows({ items }, rowsName, schema, true, start);
  const keys = [newKey(), newKey()];
  dialog(t("missTitle"), (close) => {
    const send = (chosen, key) => {
      if (part.check()) return;
      close();
      act(object, chosen, part.value(), key);
    };
    return [
      part.element,
      h(
        "div",
        { class: "choices" },
        h("button", { class: "main huge", id: "miss-send", onclick: () => send(command, keys[0]) }, command.known.endsWith("-advanced") || command.known === "product-for-transfer-not-found" ? t("missSend") : called(command)),
        whole && h("button", { class: "huge", id: "miss-whole", onclick: () => send(whole, keys[1]) }, t("missWhole")),
        h("button", { class: "quiet", onclick: close }, t("cancel")),
      ),
    ];
  });
}
