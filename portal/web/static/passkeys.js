/* Passkeys: <form data-passkey="get|create" data-options="…"> with a hidden field "credential" and a hidden button.
   Without this script, or where the browser has no passkeys, the button stays away and the other form works. */
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (raw) =>
  btoa(String.fromCharCode(...new Uint8Array(raw))).replace(/\+/g, "-").replaceAll("/", "_").replace(/=+$/, "");

let waiting = null; // the offer beside the mail field: one request at a time

if (window.PublicKeyCredential) for (const form of document.querySelectorAll("form[data-passkey]")) offer(form);

function offer(form) {
  for (const part of form.querySelectorAll("[data-passkey-part]")) part.hidden = false;
  form.addEventListener("submit", (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    waiting?.abort();
    ask(form, {});
  });
  if (form.hasAttribute("data-offered")) beside(form);
}

async function beside(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  ask(form, { mediation: "conditional", signal: waiting.signal });
}

async function ask(form, more) {
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    const publicKey = JSON.parse(form.dataset.options);
    publicKey.challenge = bytes(publicKey.challenge);
    for (const name of ["allowCredentials", "excludeCredentials"])
      for (const one of publicKey[name] || []) one.id = bytes(one.id);
    if (publicKey.user) {
      publicKey.user.id = bytes(publicKey.user.id);
      const mail = form.elements.mail?.value;
      if (mail) publicKey.user.name = publicKey.user.displayName = mail;
    }
    const made = await navigator.credentials[form.dataset.passkey]({ publicKey, ...more });
    form.elements.credential.value = JSON.stringify(plain(made));
    form.submit();
  } catch {
    if (!more.mediation) failed.hidden = false;
  }
}

function plain(made) {
  const { response } = made;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[name]) said[name] = text(response[name]);
  return { id: made.id, rawId: text(made.rawId), type: made.type, response: said, clientExtensionResults: {} };
}
