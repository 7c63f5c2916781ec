// Asks each second, and never shows a figure for longer than it holds: what is old goes, and the screen says why.
(() => {
  "use strict";
  const ASK_MS = 1000;
  const PATIENCE_MS = 3000;
  const sign = document.getElementById("sign");
  const at = (id) => document.getElementById(id);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: sign.dataset.zone });
  let heardAt = Date.now();
  let holdsUntil = heardAt + Number(sign.dataset.holdsMs);
  let asking = false;

  const write = (id, text) => { if (at(id).textContent !== text) at(id).textContent = text; };
  const show = (state, people, capacity) => {
    sign.className = state;
    write("do", { come_in: sign.dataset.comeIn, wait: sign.dataset.wait }[state] || sign.dataset.unknown);
    sign.dataset.digits = String(people ?? 0).length;
    write("people", people === null ? "–" : number.format(people));
    write("capacity", capacity ? sign.dataset.of.replace("{capacity}", number.format(capacity)) : "");
  };
  const hide = (notice) => { show("unknown", null, null); write("notice", notice); };

  const ask = async () => {
    if (asking) return;
    asking = true;
    const askedAt = Date.now();
    try {
      const answer = await fetch(sign.dataset.url, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status === 404) {
        heardAt = askedAt;
        holdsUntil = 0;
        hide(sign.dataset.gone);
      } else if (answer.ok) {
        const told = await answer.json();
        heardAt = askedAt;
        holdsUntil = askedAt + told.holds_ms;
        show(told.state, told.people, told.capacity);
        write("notice", "");
      }
    } catch {
      // Said below, once it has lasted.
    }
    asking = false;
    look();
  };
  const look = () => {
    const now = Date.now();
    if (now - heardAt > PATIENCE_MS) hide(sign.dataset.lost.replace("{time}", time.format(heardAt)));
    else if (now > holdsUntil && sign.className !== "unknown") show("unknown", null, null);
  };

  setInterval(() => { look(); ask(); }, ASK_MS);
  document.addEventListener("visibilitychange", look);
  // The screen stays on, where the browser can promise that.
  const stayOn = () => navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", () => { if (!document.hidden) stayOn(); });
  stayOn();
})();
