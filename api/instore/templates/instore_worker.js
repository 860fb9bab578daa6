// The service worker: keeps the shell and its files, so that the page opens while the server is away. It keeps no data.
// Made by the server: this version's files.
const VERSION = {{ version | tojson }};
const KEPT = {{ kept | tojson }};
const SHELL = "/instore/";
const CACHE = `instore-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await cache.addAll(KEPT);
      await keepShell(await fetch(SHELL, { redirect: "manual" }));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("instore-") && name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && !url.pathname.startsWith("/instore/paper/")) event.respondWith(page(event.request));
  else if (KEPT.includes(url.pathname)) event.respondWith(file(event.request));
});

async function page(request) {
  try {
    const answer = await fetch(request);
    if (answer.status < 500) return answer;
    return (await kept(SHELL)) ?? answer;
  } catch (error) {
    const shell = await kept(SHELL);
    if (shell) return shell;
    throw error;
  }
}

async function file(request) {
  return (await kept(request.url)) ?? fetch(request);
}

async function kept(address) {
  return (await caches.open(CACHE)).match(address);
}

async function keepShell(answer) {
  if (answer.ok && answer.type === "basic") await (await caches.open(CACHE)).put(SHELL, answer);
}
