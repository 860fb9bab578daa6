// The page: who and where, which view the address names, news every few seconds, what went wrong, coming back.

import { flush, fresh, page } from "./acts.js";
import { fill, h, dialog, sound, speak } from "./dom.js";
import * as list from "./list.js";
import * as object from "./object.js";
import * as pick from "./pick.js";
import * as queue from "./queue.js";
import { scanner } from "./scan.js";
import { Away, Refused, SignedOut, get, line } from "./server.js";
import { forget, known, load, save, shown, state } from "./store.js";
import { moment, t } from "./words.js";

const EVERY = 3000; // milliseconds between looks for news, while somebody looks at the page
const BOOT = 4000; // how long a page that has something to show waits for the server

const main = document.getElementById("main");
const head = document.getElementById("head");
const notes = document.getElementById("notes");
const parcels = { n: 1 };
let said = null; // the sentence about what was scanned last
let missing = false; // the object of this address is not ours

// --- addresses

function route() {
  const [, , what, id] = location.pathname.split("/");
  if (what === "packages" || what === "transfers") return { view: "object", kind: what.slice(0, -1), id: Number(id) };
  if (what === "expected" || what === "dispatch") return { view: "list", what };
  return what === "pick" ? { view: "pick" } : { view: "list", what: "packages" };
}

function go(path) {
  if (path !== location.pathname + location.search) history.pushState(null, "", path);
  arrive();
}

function arrive() {
  said = null;
  missing = false;
  parcels.n = 1;
  render();
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
  reload();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/instore/']");
  if (!link || link.target || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
window.addEventListener("popstate", arrive);

// --- what is shown

let held = false; // a finger or key is down: what it is on must be there when it goes up
let later = false;

function render() {
  if (!state.me) return;
  later = held;
  if (held) return;
  const { view, what, kind, id } = route();
  document.body.classList.toggle("on-object", view !== "list");
  drawHead();
  drawNotes();
  if (!state.me.locations.length) return fill(main, h("p", { class: "said warn" }, t("noPlace")));
  if (!state.at) return fill(main, chooser());
  if (view === "list") return titled(t(what), list.view(what, location.search, go, render));
  if (view === "pick") return titled(t("pickTitle"), pick.view(render));
  const found = known(kind, id);
  if (found) return titled(found.number, object.view(shown(found), render, parcels));
  const text = missing ? t("notYours") : line.up ? "…" : t("foundAway");
  return fill(main, h("p", { class: "empty" }, text), h("p", {}, h("a", { class: "button", id: "to-list", href: "/instore/" }, t("backToList"))));
}

function hold(event) {
  if (event.type !== "keydown" || event.key === " ") held = true;
}

function release() {
  setTimeout(() => {
    held = false;
    if (later) render();
  }, 0); // after the click
}

for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, hold, true);
for (const type of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(type, release, true);
window.addEventListener("blur", release);

function titled(title, content) {
  document.title = `${title} · Daybook Instore`;
  fill(main, content);
}

function chooser(chosen = null) {
  const places = state.me.locations;
  const rows = h("ul", { class: "choices" });
  const show = (text) =>
    rows.replaceChildren(
      ...places
        .filter((one) => `${one.name} ${one.code}`.toLowerCase().includes(text.toLowerCase()))
        .slice(0, 50)
        .map((one) => h("li", {}, h("button", { class: one.code === state.at ? "huge main" : "huge", "data-code": one.code, onclick: () => choose(one.code, chosen) }, one.name, h("span", { class: "soft mono" }, ` ${one.code}`)))),
    );
  show("");
  return [
    h("h1", {}, t("choosePlace")),
    h("p", { class: "soft" }, t("chooseFirst")),
    places.length > 8 && h("p", { class: "field" }, h("label", { for: "place-search" }, t("place")), h("input", { id: "place-search", autocomplete: "off", oninput: (event) => show(event.target.value) })),
    rows,
  ];
}

function choose(code, chosen) {
  chosen?.();
  Object.assign(state, { at: code, counts: {}, lists: {}, objects: {} });
  save();
  go("/instore/");
}

const scan = scanner(here, go, (text, good) => {
  said = text;
  sound(good);
  speak(text);
  render();
});

function here(code) {
  const { view, kind, id } = route();
  const found = view === "object" ? known(kind, id) : null;
  const answer = found ? object.scan(shown(found), code) : view === "pick" && state.at ? pick.scan(code) : false;
  if (answer === "counted") {
    said = null;
    render();
  }
  return answer;
}

function drawHead() {
  const place = state.me.locations.find((one) => one.code === state.at);
  const several = state.me.locations.length > 1;
  const n = queue.waiting().length;
  const status = !line.signedIn ? ["red", t("signedOut")] : !line.up ? ["amber", n ? t("awayWaiting", { n }) : t("away")] : n ? ["blue", t("sending", { n })] : ["green", t("live")];
  const sum = (counts, states) => states.reduce((all, one) => all + Number(counts?.[one] ?? 0), 0);
  const tab = (name, path, count) =>
    h("li", {}, h("a", { id: `tab-${name}`, href: path, "aria-current": location.pathname === path ? "page" : false }, h("span", {}, t(name)), count > 0 && h("b", { class: "n" }, String(count))));
  fill(
    head,
    h(
      "div",
      { class: "top-line" },
      h("a", { class: "brand", id: "brand", href: "/instore/" }, "Daybook"),
      several ? h("button", { id: "place", class: "quiet place", "aria-haspopup": "dialog", onclick: () => dialog(t("place"), (close) => [chooser(close).slice(1), h("div", { class: "buttons" }, h("button", { class: "quiet", onclick: close }, t("cancel")))]) }, place?.name ?? t("place"), " ▾") : h("span", { class: "place", id: "place" }, place?.name ?? ""),
      h("span", { class: `badge status ${status[0]}`, id: "status" }, status[1]),
      h("button", { id: "sign-out", class: "quiet", onclick: signOut }, t("signOut")),
    ),
    state.at && scan,
    state.at &&
      h(
        "nav",
        { class: "tabs", "aria-label": "Instore" },
        h(
          "ul",
          {},
          tab("packages", "/instore/", sum(state.counts.packages, ["100", "200", "400", "500", "550"])),
          tab("expected", "/instore/expected/", sum(state.counts.expected, ["in_transit"])),
          tab("dispatch", "/instore/dispatch/", sum(state.counts.dispatch, ["waiting", "ready_to_shipment"])),
          tab("pick", "/instore/pick/", sum(state.counts.packages, ["100", "200"])),
        ),
      ),
  );
}

function drawNotes() {
  const others = queue.waiting().filter((one) => one.user !== state.me.user).length;
  const path = (one) => `/instore/${one.kind}s/${one.id}/`;
  fill(
    notes,
    !line.signedIn && h("p", { class: "said warn", role: "alert" }, t("signInAgain"), " ", h("a", { class: "button", id: "sign-in", href: `/console/sign-in/?next=${encodeURIComponent(location.pathname)}` }, t("signIn"))),
    line.signedIn && !line.up && h("p", { class: "said warn", role: "status" }, t("awayLong"), state.told && ` ${t("awayAsOf", { at: moment(state.told) })}`),
    queue.failed().map((one) =>
      h(
        "div",
        { class: "said bad", role: "alert", "data-failed": one.key },
        h("p", {}, h("b", {}, t(one.status === "refused" ? "refusedBy" : "unsent", one)), " ", one.message),
        h("p", { class: "buttons" }, h("a", { class: "button", id: `look-${one.key}`, href: path(one) }, t("look")), h("button", { id: `ok-${one.key}`, onclick: () => queue.dismiss(one) }, t("ok"))),
      ),
    ),
    others > 0 && h("p", { class: "said" }, t("otherUser", { n: others })),
    said && h("p", { class: "said warn", id: "scanned" }, said),
  );
}

// --- news

let timer = null;
let tries = 0;
let reached = false; // this address was shown as the server has it

async function connect() {
  const me = await get("me/", {}, state.me ? BOOT : undefined);
  if (state.me && state.me.user !== me.user) forget();
  line.csrf = me.csrf;
  delete me.csrf;
  state.me = me;
  const mine = me.locations.some((one) => one.code === state.at);
  if (!mine) state.at = me.locations.length === 1 ? me.locations[0].code : null;
  save();
}

// What this address shows, anew. Quietly nothing while the server is away.
async function reload() {
  reached = false;
  if (!state.me || !state.at) return;
  const { view, what, kind, id } = route();
  const address = location.href;
  try {
    const one = async () => (missing = (await fresh(kind, id)) === null && address === location.href);
    const shownAnew = view === "object" ? one() : view === "pick" ? list.refresh("packages", "?state=open") : list.refresh(what, location.search);
    [state.counts] = await Promise.all([get("counts/", { at: state.at }), shownAnew]);
    reached = address === location.href;
  } catch (error) {
    quiet(error);
  }
  render();
}

async function look() {
  clearTimeout(timer);
  try {
    if (!line.csrf) {
      await connect();
      await reload();
    }
    if (state.at) {
      const news = await get("news/", { at: state.at, since: state.position });
      if (news.changed || !reached) await reload();
      state.position = news.position;
    }
    tries = 0;
    flush();
  } catch (error) {
    tries += 1;
    quiet(error);
  }
  again();
}

function again() {
  clearTimeout(timer);
  const pause = line.up ? EVERY : Math.min(10000, 1000 * 1.5 ** tries);
  if (!document.hidden) timer = setTimeout(look, pause);
  else if (queue.waiting().length) timer = setTimeout(look, 15000);
}

function quiet(error) {
  if (!(error instanceof Away || error instanceof SignedOut || error instanceof Refused)) throw error;
  if (error instanceof SignedOut) line.csrf = "";
}

function signOut() {
  if (!line.up) return dialog(t("signOut"), (close) => [h("p", {}, t("needsServer")), h("div", { class: "buttons" }, h("button", { onclick: close }, t("ok")))]);
  const n = queue.waiting().length;
  if (!n) return leave();
  dialog(t("signOut"), (close) => [h("p", {}, t("leave", { n })), h("div", { class: "buttons" }, h("button", { class: "danger", onclick: leave }, t("signOut")), h("button", { class: "quiet", onclick: close }, t("cancel")))]);
}

function leave() {
  const form = h("form", { method: "post", action: "/console/sign-out/" }, h("input", { type: "hidden", name: "csrf", value: line.csrf }));
  forget();
  document.body.append(form);
  form.submit();
}

// --- begin

page.changed = render;
line.changed = () => state.me && render();
queue.onChange(render);
document.addEventListener("visibilitychange", () => !document.hidden && look());
window.addEventListener("online", look);
window.addEventListener("offline", () => {
  line.up = false;
  render();
});

async function begin() {
  load();
  navigator.serviceWorker?.register("/instore/worker.js", { scope: "/instore/" }).catch(() => {});
  try {
    await connect();
  } catch (error) {
    quiet(error);
    if (error instanceof SignedOut) return location.assign(`/console/sign-in/?next=${encodeURIComponent(location.pathname)}`);
    if (!state.me) {
      fill(main, h("p", { class: "said warn", role: "alert" }, t("awayLong")));
      return setTimeout(begin, 2000);
    }
  }
  render();
  await reload();
  flush();
  again();
}

begin();
