// The server as the page asks it. Away: it did not answer, or cannot now; what was sent may be sent again, under the same
// key. Refused: it said no. SignedOut: the session has ended.

export class Away extends Error {
  constructor(answered) {
    super("away");
    this.answered = answered; // it is there, but cannot
  }
}
export class SignedOut extends Error {}
export class Refused extends Error {
  constructor(status, said) {
    super(said?.message ?? String(status));
    this.status = status;
    this.error = said?.error ?? {};
  }
}

export const line = { up: true, signedIn: true, csrf: "", changed: () => {} };
const TRANSIENT = new Set([429, 500, 502, 503, 504]);
const PATIENCE = 20000;

// `patience`: milliseconds.
export async function get(path, query = {}, patience = PATIENCE) {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value != null));
  const answer = await ask(`/instore/data/${path}${given.size ? `?${given}` : ""}`, { method: "GET" }, patience);
  return read(answer);
}

// A token that is no good any more (someone signed in anew) is asked for again, once.
export async function post(path, body) {
  const send = () =>
    ask(`/instore/data/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": line.csrf },
      body: JSON.stringify(body),
    });
  let answer = await send();
  if (answer.status === 403 && !isJson(answer)) {
    line.csrf = (await get("me/")).csrf;
    answer = await send();
  }
  return read(answer);
}

async function ask(address, options, patience = PATIENCE) {
  let answer;
  try {
    answer = await fetch(address, { ...options, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(patience) });
  } catch {
    is({ up: false });
    throw new Away(false);
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) {
    is({ up: true, signedIn: false });
    throw new SignedOut();
  }
  if (TRANSIENT.has(answer.status)) {
    is({ up: answer.status === 429 || answer.status === 500 });
    throw new Away(true);
  }
  is({ up: true, signedIn: true });
  return answer;
}

async function read(answer) {
  let said = null;
  try {
    said = isJson(answer) ? await answer.json() : null;
  } catch {
    is({ up: false });
    throw new Away(false); // the line was cut in the middle of the answer
  }
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

function isJson(answer) {
  return (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
}

function is(now) {
  const changed = Object.entries(now).some(([name, value]) => line[name] !== value);
  Object.assign(line, now);
  if (changed) line.changed();
}
