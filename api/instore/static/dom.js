// Elements without a library. h("button", {class: "main", onclick: f}, "Text", [more…]); nothing is ever read as HTML.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Puts new content in, and the focus back where it was: on what has the same id.
export function fill(element, ...children) {
  const focused = document.activeElement?.id;
  const caret = document.activeElement?.selectionStart;
  element.replaceChildren(...children.flat(9).filter((child) => child));
  const again = focused && element.contains(document.getElementById(focused)) ? document.getElementById(focused) : null;
  if (again && document.activeElement !== again) {
    again.focus({ preventScroll: true });
    if (typeof caret === "number" && again.setSelectionRange && again.type !== "number") again.setSelectionRange(caret, caret);
  }
}

const spoken = () => document.getElementById("spoken");

// Said to who cannot see the page.
export function speak(text) {
  spoken().textContent = "";
  spoken().textContent = text;
}

// A dialog with a title. `build(close)` gives its content; it is gone when closed, and the focus is where it was.
export function dialog(title, build) {
  const box = h("dialog", { class: "sheet", "aria-labelledby": "sheet-title" });
  const close = () => box.close();
  box.append(h("h2", { id: "sheet-title" }, title), ...[build(close)].flat(9).filter((child) => child));
  const opened = performance.now();
  const stray = (event) => event.detail > 1 && performance.now() - opened < 500; // the rest of the double click that opened it
  box.addEventListener("click", (event) => stray(event) && (event.stopPropagation(), event.preventDefault()), true);
  const opener = document.activeElement?.id; // shown anew meanwhile, it is another element of the same id
  box.addEventListener("close", () => {
    box.remove();
    if (opener && !document.querySelector("dialog[open]")) document.getElementById(opener)?.focus({ preventScroll: true });
  });
  box.addEventListener("click", (event) => event.target === box && close());
  document.body.append(box);
  box.showModal();
  return box;
}

let audio = null;

// A scanner's user looks at the goods: right and wrong are heard and felt.
export function sound(good) {
  navigator.vibrate?.(good ? 40 : [90, 60, 90]);
  try {
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = good ? 1320 : 220;
    volume.gain.value = 0.06;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + (good ? 0.07 : 0.3));
  } catch {
    // no loudspeaker
  }
}
