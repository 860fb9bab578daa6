// The scanner: it types a code and Enter, wherever the focus is. What it read is looked for on the page that is open,
// then among what the browser knows, then at the server.

import { h, sound, speak } from "./dom.js";
import { Away, get, line } from "./server.js";
import { keep, state } from "./store.js";
import { t } from "./words.js";

// `here(code)`: the open page's own answer: "counted", a sentence, or false. `go(path)`, `say(text, good)`.
export function scanner(here, go, say) {
  const input = h("input", { id: "scan", type: "text", inputmode: "search", enterkeyhint: "search", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 255, placeholder: t("scanHint") });
  const read = async (event) => {
    event.preventDefault();
    const code = input.value.trim();
    input.value = "";
    if (!code) return;
    const own = here(code);
    if (own === "counted") return;
    if (own) return say(own, false);
    const found = known(code) ?? (await asked(code));
    if (found?.object) {
      sound(true);
      speak(t("found", { what: found.object.number }));
      go(`/instore/${found.object.kind}s/${found.object.id}/`);
      if (found.item) here(code);
    } else if (found?.list) go(found.list);
    else say(t(found === null ? "foundAway" : "foundNone", { code }), false);
  };
  document.addEventListener("keydown", (event) => {
    const free = !event.target.closest?.("input, textarea, select, dialog") && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (free && event.key.length === 1 && event.key !== " ") input.focus({ preventScroll: true });
  });
  return h("form", { class: "scan", role: "search", onsubmit: read }, h("label", { class: "hidden", for: "scan" }, t("scan")), input, h("button", { class: "main" }, t("find")));
}

// By what the browser knows: a number or label; while the server is away, goods too.
function known(code) {
  const same = (one) => one?.toLowerCase() === code.toLowerCase();
  const all = Object.values(state.objects);
  const object = all.find((one) => same(one.number)) ?? all.find((one) => same(one.shipment?.awb));
  if (object) return { object };
  if (line.up) return undefined;
  const holding = all.filter((one) => one.kind === "package" && ["100", "200", "400"].includes(one.state) && one.items.some((item) => same(item.barcode) || same(item.sku)));
  return holding.length === 1 ? { object: holding[0], item: true } : undefined;
}

async function asked(code) {
  try {
    const { objects, by, position } = await get("found/", { code, at: state.at });
    for (const object of objects) keep(object, position);
    if (objects.length === 1) return { object: objects[0], item: by === "barcode" || by === "sku" };
    if (!objects.length) return undefined;
    const [first] = objects;
    const list = first.kind === "package" ? "/instore/" : first.destination?.code === state.at ? "/instore/expected/" : "/instore/dispatch/";
    return { list: `${list}?${new URLSearchParams({ [by === "label" ? "package" : by]: by === "label" ? first.number : code })}` };
  } catch (error) {
    if (error instanceof Away) return null;
    throw error;
  }
}
