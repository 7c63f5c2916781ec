// Asks for the page's figures anew as soon as one of the stores on it has changed; the page itself asks every few seconds anyway.
(() => {
  "use strict";
  const live = document.getElementById("live");
  const PAUSE_MS = 2000;
  let source = null;
  let followed = "";
  let timer = null;
  let askedAt = 0;

  const changed = () => {
    if (timer !== null) return;
    const wait = Math.max(0, askedAt + PAUSE_MS - Date.now());
    timer = setTimeout(() => {
      timer = null;
      askedAt = Date.now();
      htmx.trigger(live, "changed");
    }, wait);
  };
  const stop = () => { if (source) source.close(); source = null; followed = ""; };
  const follow = () => {
    const codes = [...live.querySelectorAll("tr[id^='store-']")].map((row) => row.id.slice("store-".length)).sort();
    const query = new URLSearchParams(codes.map((code) => ["store", code])).toString();
    if (document.hidden || codes.length === 0) return stop();
    if (query === followed) return;
    stop();
    followed = query;
    source = new EventSource(`${live.dataset.stream}?${query}`);
    source.addEventListener("occupancy", changed);
    source.addEventListener("queue", changed);
  };

  follow();
  live.addEventListener("htmx:afterSettle", follow);
  // Browsers keep few connections to one host: pages in the background leave theirs to others.
  document.addEventListener("visibilitychange", follow);
})();
