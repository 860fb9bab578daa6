// How far something is that a worker does, looked at again and again; over, the page is loaded anew with what came of it.
// Without this file whoever wants to know loads it.
"use strict";
const shown = document.getElementById("progress");
const look = async () => {
  try {
    const answer = await fetch(location.href, {cache: "no-store"});
    if (answer.redirected) return location.reload();
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
      if (!fresh) return location.reload();
      if (fresh.innerHTML !== shown.innerHTML) shown.replaceChildren(...fresh.childNodes);
    }
  } catch { /* the service is away for a moment */ }
  setTimeout(look, 1000);
};
setTimeout(look, 1000);
