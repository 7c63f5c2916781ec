// A button beside each controller's address that tries it out as it's typed in. Without JavaScript, saving does the same.
"use strict";

(() => {
  const { url, label, asking, lost } = document.currentScript.dataset;
  const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

  function typed(address) {
    const prefix = address.name.slice(0, -"base_url".length);
    const data = new FormData();
    for (const name of ["kind", "base_url", "new_api_key", "verify_tls", "ca_certificate"]) {
      const field = address.form.elements[prefix + name];
      if (field && (field.type !== "checkbox" || field.checked)) data.set(name, field.value);
    }
    const stored = prefix ? address.form.elements[`${prefix}id`]?.value : location.pathname.match(UUID)?.[0];
    data.set("stored", stored ?? "");
    data.set("csrfmiddlewaretoken", address.form.elements.csrfmiddlewaretoken.value);
    return data;
  }

  async function test(address, button, said) {
    button.disabled = true;
    said.textContent = asking;
    said.className = "mt-2";
    try {
      const answer = await (await fetch(url, { method: "POST", body: typed(address) })).json();
      said.textContent = `${answer.ok ? "✓" : "✗"} ${answer.message}`;
      said.className = `mt-2 ${answer.ok ? "text-green-700 dark:text-green-400" : "text-red-700 dark:text-red-400"}`;
    } catch {
      said.textContent = lost;
    } finally {
      button.disabled = false;
    }
  }

  function equip(address) {
    if (address.name.includes("__prefix__") || address.dataset.tried) return;
    address.dataset.tried = "yes";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.className = "border border-base-200 dark:border-base-700 cursor-pointer font-medium mt-2 px-3 py-2 rounded-default";
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    button.addEventListener("click", () => test(address, button, said));
    address.after(button, said);
  }

  const equipAll = (root) => root.querySelectorAll("input[name$=base_url]").forEach(equip);
  document.addEventListener("formset:added", (event) => equipAll(event.target));
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", () => equipAll(document)) : equipAll(document);
})();
