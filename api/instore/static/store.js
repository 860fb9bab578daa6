// What the page knows: who is here, the objects and lists as they were last told, all of it kept for when the server is
// away. An object is shown as it will be once the commands that wait are done.

import { waiting } from "./queue.js";

const KEPT = "instore.kept";
const HOURS = 24; // older names of customers are not kept
const MOST = 600;

export const state = { me: null, at: null, position: 0, counts: {}, lists: {}, objects: {}, told: null };

export function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    if (kept.told && Date.now() - Date.parse(kept.told) < HOURS * 3600e3) Object.assign(state, kept);
  } catch {
    localStorage.removeItem(KEPT);
  }
}

// What one user was told is not for the next; nothing of it stays after signing out.
export function forget() {
  Object.assign(state, { me: null, at: null, position: 0, counts: {}, lists: {}, objects: {}, told: null });
  clearTimeout(saving);
  saving = null;
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith("instore.") && !name.startsWith("instore.do.")) localStorage.removeItem(name);
  }
}

let saving = null;
export function save() {
  saving ??= setTimeout(saveNow, 300);
}

function saveNow() {
  saving = null;
  const objects = Object.entries(state.objects);
  if (objects.length > MOST) state.objects = Object.fromEntries(objects.sort((a, b) => b[1].heard - a[1].heard).slice(0, MOST));
  try {
    localStorage.setItem(KEPT, JSON.stringify(state));
  } catch {
    state.lists = {}; // no room: what is open matters more than what was looked at
  }
}
window.addEventListener("pagehide", () => saving && (clearTimeout(saving), saveNow()));

// An object as of a position of the log; what is older than we know is left.
export function keep(object, position) {
  const name = `${object.kind}:${object.id}`;
  if ((state.objects[name]?.position ?? 0) > position) return;
  state.objects[name] = { ...object, position, heard: Date.now() };
  state.told = new Date().toISOString();
  save();
}

export function known(kind, id) {
  return state.objects[`${kind}:${id}`] ?? null;
}

export function transition(id) {
  return state.me?.commands.find((one) => one.id === id) ?? null;
}

// The object with its commands ready to be shown: [{id, slug, known, name, to, input}], as it will stand.
export function shown(object) {
  let now = object;
  for (const entry of waiting(object.kind, object.id)) now = after(now, entry);
  const own = now.state === object.state ? object.commands : null;
  const may = state.me.commands.filter(
    (one) => one.object === now.kind && (own ? own.includes(one.id) : one.from.includes(now.state)) && ours(now, one),
  );
  return { ...now, may: state.me.acts ? may : [], pending: now !== object };
}

function after(object, entry) {
  const command = transition(entry.transition);
  const gone = command?.known === "product-not-found-advanced" || command?.known === "product-for-transfer-not-found";
  const missing = gone ? (entry.input.package_items ?? entry.input.transfer_items) : [];
  const items = object.items
    .map((item) => ({ ...item, quantity: missing.filter((one) => one.id === item.id).reduce((left, one) => left - (one.quantity ?? left), item.quantity) }))
    .filter((item) => item.quantity > 0);
  return { ...object, state: command?.to ?? object.state, items };
}

// A transfer is received where it comes to; all else is done where it leaves.
function ours(object, command) {
  if (object.kind === "package") return true;
  const place = command.known === "transfer-delivered" ? object.destination : object.source;
  return state.me.locations.some((one) => one.code === place?.code);
}

export function hereOf(object, what) {
  if (what === "packages") return object.kind === "package" && object.location?.code === state.at;
  return object.kind === "transfer" && (what === "expected" ? object.destination : object.source)?.code === state.at;
}

// What was checked off of an object in a state, by item: {id: pieces}. In the browser only.
export function counted(name) {
  return JSON.parse(localStorage.getItem(`instore.count.${name}`) ?? "{}");
}
export function count(name, item, pieces) {
  localStorage.setItem(`instore.count.${name}`, JSON.stringify({ ...counted(name), [item]: pieces }));
}
export function uncount(prefix, but) {
  const begins = `instore.count.${prefix}`;
  for (const name of Object.keys(localStorage)) if (name.startsWith(begins) && name !== `${begins}${but}`) localStorage.removeItem(name);
}

// What was told of a package's goods and parcels until it is packed: {items: {id: {barcode, serial_no, weight}}, parcels:
// [weight]}. In the browser only.
export function told(id) {
  return { items: {}, parcels: [], ...JSON.parse(localStorage.getItem(`instore.told.${id}`) ?? "{}") };
}
export function tell(id, said) {
  localStorage.setItem(`instore.told.${id}`, JSON.stringify(said));
}
export function untell(id) {
  localStorage.removeItem(`instore.told.${id}`);
}
