// Says when the figures are no longer fresh: a number that stands still must not look like one that holds.
(() => {
  "use strict";
  const live = document.getElementById("live");
  const notice = document.getElementById("stale");
  const LIMIT_MS = 3 * 1000 * Number(live.dataset.refreshS);
  let askedAt = Date.now();
  let freshAt = askedAt;

  const show = (stale) => {
    if (notice.hidden !== stale) return;
    const asOf = live.querySelector(".as-of time").textContent;
    notice.textContent = notice.dataset.notice.replace("{time}", asOf);
    notice.hidden = !stale;
    document.body.classList.toggle("stale", stale);
  };

  live.addEventListener("htmx:beforeRequest", () => { askedAt = Date.now(); });
  live.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) freshAt = askedAt;
    show(!event.detail.successful);
  });
  // A refresh may also not come at all: the machine slept, or the browser holds back pages in the background.
  const look = () => show(!notice.hidden || Date.now() - freshAt > LIMIT_MS);
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
})();
