// Commands on their way. Each is written down in the browser before it is sent, with a key of its own, and struck out
// once it is answered: so it survives a reload, and however often it is sent, it acts once (the server knows the key).
// Those of one package go in order; after one that was refused, the rest of that package's are not sent.

import { Away, Refused, SignedOut, post } from "./server.js";

const PREFIX = "instore.do.";
const sent = new Set(); // keys that this page has seen: a second press of one button is none
const heard = [];

export function onChange(listener) {
  heard.push(listener);
}

// All that is written down, in order. `status`: waiting, refused (with `message`), or unsent: after a refused one.
export function all() {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  return names
    .sort()
    .map((name) => ({ ...JSON.parse(localStorage.getItem(name) ?? "null"), name }))
    .filter((entry) => entry.key);
}

export function waiting(kind, id) {
  return all().filter((entry) => entry.status === "waiting" && (kind === undefined || (entry.kind === kind && entry.id === id)));
}

export function failed() {
  return all().filter((entry) => entry.status !== "waiting");
}

let count = 0;

// Whether it is new. `entry`: {key, user, kind, id, number, slug, transition, title, input}.
export function add(entry) {
  if (sent.has(entry.key) || all().some((one) => one.key === entry.key)) return false;
  sent.add(entry.key);
  const name = `${PREFIX}${String(Date.now()).padStart(15, "0")}.${String(count++).padStart(6, "0")}`;
  localStorage.setItem(name, JSON.stringify({ ...entry, status: "waiting", at: new Date().toISOString() }));
  tell();
  return true;
}

export function dismiss(entry) {
  localStorage.removeItem(entry.name);
  tell();
}

let running = null;

// Sends what waits, of this user. `done(entry, answer)` for each that was taken,
// `done(entry, null)` for each that was refused; one at a time, over all tabs.
export function flush(user, done) {
  running ??= locked(() => run(user, done)).finally(() => (running = null));
  return running;
}

function locked(work) {
  return navigator.locks ? navigator.locks.request("instore.do", work) : work();
}

async function run(user, done) {
  const later = new Set(); // packages of which one could not be taken now
  for (;;) {
    const entry = waiting().find((one) => one.user === user && !later.has(`${one.kind}:${one.id}`));
    if (!entry) return;
    try {
      const { kind, id, slug, input, key } = entry;
      const answer = await post("command/", { kind, id, slug, input, key });
      localStorage.removeItem(entry.name);
      done(entry, answer);
    } catch (error) {
      if (error instanceof SignedOut || (error instanceof Away && !error.answered)) return;
      if (error instanceof Away) later.add(`${entry.kind}:${entry.id}`);
      else if (error instanceof Refused) {
        refuse(entry, error);
        done(entry, null);
      } else throw error;
    }
    tell();
  }
}

function refuse(entry, error) {
  change(entry, { status: "refused", message: error.message });
  for (const next of waiting(entry.kind, entry.id)) change(next, { status: "unsent" });
}

function change(entry, said) {
  localStorage.setItem(entry.name, JSON.stringify({ ...entry, ...said }));
}

function tell() {
  for (const listener of heard) listener();
}

window.addEventListener("storage", (event) => event.key?.startsWith(PREFIX) && tell());
