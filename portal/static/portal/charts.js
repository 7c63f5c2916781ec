// Draws what the page tells of its charts: colours by the page's tokens, figures as the page's language writes them.
(() => {
  "use strict";
  const language = document.documentElement.lang || "en";
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const known = (write) => (value) => (value === null || value === undefined || value === "-" ? "–" : write(value));
  const duration = (ms) => {
    const seconds = Math.round(ms / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  };
  const midnight = (label) => (label.endsWith(" 00:00") ? label.slice(0, -6) : "");
  const formatters = { midnight, number: known(number.format), share: known(share.format), duration: known(duration) };

  const resolved = (value, key, tokens) => {
    if (Array.isArray(value)) return value.map((item) => resolved(item, key, tokens));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolved(item, name, tokens)]));
    }
    if (typeof value !== "string") return value;
    if (value.startsWith("var(")) return tokens.getPropertyValue(value.slice(4, -1)).trim();
    return /formatter$/i.test(key) && Object.hasOwn(formatters, value) ? formatters[value] : value;
  };

  const root = document.documentElement;
  const onPaper = () => root.classList.contains("printing");
  // Paper is finer than most screens.
  const FINE = { devicePixelRatio: Math.max(2, devicePixelRatio) };
  const PAPER = { width: 700, height: 300 };
  const TALL_PAPER = { width: 700, height: 470 };

  const draw = (element) => {
    const options = resolved(JSON.parse(element.dataset.options), "", getComputedStyle(root));
    options.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily };
    const chart = echarts.getInstanceByDom(element) || start(element);
    if (onPaper()) chart.resize(element.classList.contains("tall") ? TALL_PAPER : PAPER);
    else chart.resize({ width: "auto", height: "auto" });
    chart.setOption(options, true);
  };
  const start = (element) => {
    element.textContent = "";
    const chart = echarts.init(element, null, FINE);
    new ResizeObserver(() => { if (!onPaper()) chart.resize(); }).observe(element);
    return chart;
  };
  const drawAll = () => document.querySelectorAll(".chart[data-options]").forEach(draw);
  // What is printed is laid out anew, but not drawn anew: charts have to be as wide as paper, and by day, before that.
  const print = (begins) => { root.classList.toggle("printing", begins); drawAll(); };

  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
})();
