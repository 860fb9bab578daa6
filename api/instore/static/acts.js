// Doing: by way of the queue, or, where the clerk must know the outcome at once (a customer's code), directly.

import { speak } from "./dom.js";
import * as queue from "./queue.js";
import { Away, Refused, SignedOut, get, line, post } from "./server.js";
import { keep, save, state, uncount, untell } from "./store.js";
import { called, t } from "./words.js";

const UNPACKED = new Set(["100", "200", "300", "400"]); // packages whose goods are still to be packed

export const page = { changed: () => {} }; // set by start.js: show anew what stands on the page

// A key for what one press of a button asks for. (randomUUID is for https alone.)
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Whether it was new: a second press of the same button, by its key, is none.
export function act(object, command, input = {}, key = newKey()) {
  const entry = { key, user: state.me.user, kind: object.kind, id: object.id, number: object.number };
  const isNew = queue.add({ ...entry, slug: command.slug, transition: command.id, title: called(command), input });
  if (isNew && !line.up) speak(t("waitingOf", { title: called(command) }));
  flush();
  return isNew;
}

export function flush() {
  if (!state.me || !line.csrf) return;
  queue.flush(state.me.user, taken);
}

function taken(entry, answer) {
  if (!answer) {
    fresh(entry.kind, entry.id).then(page.changed, () => {}); // it was not as we thought; away: the news will tell
    return;
  }
  settle(entry.kind, entry.id, answer);
  page.changed();
}

function settle(kind, id, answer) {
  if (answer.object) keep(answer.object, answer.position);
  else delete state.objects[`${kind}:${id}`];
  if (!queue.waiting(kind, id).length) uncount(`${kind}.${id}.`, answer.object?.state); // its goods are checked anew in each state
  if (kind === "package" && !UNPACKED.has(answer.object?.state)) untell(id);
  save();
}

// {done: true}, or {message, fields: {field: text}}. The same key again is the same press.
export async function attended(object, command, input, key) {
  await queue.flush(state.me.user, taken);
  if (queue.waiting(object.kind, object.id).length) return { message: t("needsServer"), fields: {} };
  try {
    const answer = await post("command/", { kind: object.kind, id: object.id, slug: command.slug, input, key });
    settle(object.kind, object.id, answer);
    page.changed();
    return { done: true };
  } catch (error) {
    if (error instanceof Refused) return { message: error.message, fields: plain(error.error) };
    if (error instanceof SignedOut) return { message: t("signInAgain"), fields: {} };
    if (error instanceof Away) return { message: t("noAnswer"), fields: {} };
    throw error;
  }
}

function plain(error) {
  const texts = Object.entries(error).filter(([, value]) => Array.isArray(value));
  return "code" in error ? {} : Object.fromEntries(texts.map(([name, value]) => [name, value.join(" ")]));
}

// The object anew from the server; null where it is not ours. Throws Away.
export async function fresh(kind, id) {
  try {
    const { object, position } = await get(`one/${kind}/${id}/`);
    keep(object, position);
    return object;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    delete state.objects[`${kind}:${id}`];
    save();
    return null;
  }
}
