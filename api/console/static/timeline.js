// The slider shows an object as it was, live. Without this file its form and the links of the time line do the same.
"use strict";
const form = document.querySelector("form[data-live]");
if (form) {
  const slider = form.elements.version;
  const output = form.querySelector("output");
  const last = slider.max;
  let asked = null, timer = 0;
  form.querySelector("button").hidden = true;

  const mark = (version) => {
    slider.value = version;
    output.textContent = `${version} of ${last}`;
    slider.setAttribute("aria-valuetext", `version ${version} of ${last}`);
    for (const link of document.querySelectorAll("a[data-version]")) {
      const row = link.closest("li"), here = link.dataset.version === String(version);
      row.classList.toggle("here", here);
      if (here) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
    }
  };
  const show = async (version, remember) => {
    mark(version);
    if (asked) asked.abort();
    asked = new AbortController();
    const query = version === last ? "" : `version=${version}`;
    try {
      const answer = await fetch(`${location.pathname}?${query}${query ? "&" : ""}part=then`, {signal: asked.signal});
      if (!answer.ok || answer.redirected) { location.search = query; return; }
      const part = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const fresh of [...part.body.children]) document.getElementById(fresh.id).replaceWith(fresh);
      if (remember) history.replaceState(null, "", location.pathname + (query ? `?${query}` : ""));
    } catch (wrong) {
      if (wrong.name !== "AbortError") location.search = query;
    }
  };
  slider.addEventListener("input", () => {
    clearTimeout(timer);
    mark(slider.value);
    timer = setTimeout(() => show(slider.value, true), 40);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); show(slider.value, true); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-version]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    show(link.dataset.version, true);
    document.getElementById("main").scrollIntoView();
  });
}
