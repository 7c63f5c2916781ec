// Binds the button that asks for a passkey to allauth's own script, and says where none came.
(() => {
  "use strict";
  const NAMES = { loginForm: "login", addForm: "add", authenticateForm: "authenticate" };
  const button = document.querySelector("[data-passkey]");
  if (!button) return;
  const kind = button.dataset.passkey;
  const ids = { [NAMES[kind]]: button.id, credential: "credential", data: "passkey-data", passwordless: "passwordless" };
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.getElementById("passkey-failed").hidden = false;
  });
  window.allauth.webauthn.forms[kind]({ ids });
})();
