// The search boxes that stand for long lists of choices get the names that their lists have.
"use strict";

(() => {
  function name(select) {
    const box = select.nextElementSibling;
    const label = select.labels?.[0];
    if (!label || !box?.classList.contains("select2-container")) return;
    label.id ||= `${select.id}-label`;
    const shown = box.querySelector(".select2-selection__rendered");
    shown?.setAttribute("aria-labelledby", label.id);
    box.querySelector(".select2-selection").setAttribute("aria-labelledby", shown ? `${label.id} ${shown.id}` : label.id);
    const typed = box.querySelector(".select2-search__field");
    typed?.setAttribute("aria-labelledby", label.id);
  }

  const nameAll = (root) => root.querySelectorAll("select.admin-autocomplete").forEach(name);
  addEventListener("load", () => setTimeout(() => nameAll(document)));
  document.addEventListener("formset:added", (event) => setTimeout(() => nameAll(event.target)));
})();
