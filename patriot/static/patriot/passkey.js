"use strict";
// Lets the browser ask for a passkey, and sends what it says as a field of a form.
(() => {
  const forms = document.querySelectorAll("form[data-passkey]");
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

  async function optionsOf(form) {
    if (!form.dataset.options)
      return JSON.parse(document.getElementById("passkey-options").textContent);
    const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("The site did not answer as it should. Try again later.");
    return (await answer.json()).request_options;
  }

  async function create({ publicKey }) {
    const made = await navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: bytes(publicKey.challenge),
        user: { ...publicKey.user, id: bytes(publicKey.user.id) },
        excludeCredentials: named(publicKey.excludeCredentials),
      },
    });
    return said(made, {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports ? made.response.getTransports() : [],
    });
  }

  async function get({ publicKey }) {
    const found = await navigator.credentials.get({
      publicKey: {
        ...publicKey,
        challenge: bytes(publicKey.challenge),
        allowCredentials: named(publicKey.allowCredentials),
      },
    });
    return said(found, {
      clientDataJSON: text(found.response.clientDataJSON),
      authenticatorData: text(found.response.authenticatorData),
      signature: text(found.response.signature),
      userHandle: found.response.userHandle ? text(found.response.userHandle) : null,
    });
  }

  const said = (credential, response) => ({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });

  const ways = { create, get };
  const reasons = {
    NotAllowedError: "The browser gave no passkey: it was called off, or took too long.",
    InvalidStateError: "This device has a passkey for this account already.",
    SecurityError: "Passkeys need a safe connection to the site’s own name.",
  };

  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const told = form.querySelector("[data-passkey-error]");
      told.textContent = "";
      try {
        const credential = await ways[form.dataset.passkey](await optionsOf(form));
        form.elements.credential.value = JSON.stringify(credential);
        form.submit();
      } catch (error) {
        told.textContent = reasons[error.name] || error.message;
      }
    });
  }
  for (const note of document.querySelectorAll("[data-no-passkey]")) note.hidden = true;
})();
