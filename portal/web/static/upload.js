/* Makes <form data-upload> pleasant: drag and drop, one request for each file, progress, an answer for each file.
   Without this script the form works as a plain form. Every text comes from the form's data-text-* attributes. */
"use strict";

for (const form of document.querySelectorAll("form[data-upload]")) enhance(form);

function enhance(form) {
  const chooser = form.querySelector("input[type=file]");
  const area = form.querySelector(".drop");
  const list = form.querySelector(".sendings");
  const status = form.querySelector("[data-upload-status]");
  const text = (name) => form.dataset["text" + name[0].toUpperCase() + name.slice(1)];
  const after = form.querySelector("[data-upload-after]");
  const queue = [];
  let sending = false;

  for (const kind of ["dragenter", "dragover"]) {
    area.addEventListener(kind, (event) => {
      event.preventDefault();
      area.classList.add("over-drop");
    });
  }
  for (const kind of ["dragleave", "drop"]) area.addEventListener(kind, () => area.classList.remove("over-drop"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = new DataTransfer();
    for (const file of [...(chooser.multiple ? chooser.files : []), ...event.dataTransfer.files]) {
      if (chooser.multiple || !files.items.length) files.items.add(file);
    }
    chooser.files = files.files;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!chooser.files.length) return say(text("none"));
    for (const file of chooser.files) queue.push(row(file, fields()));
    chooser.value = "";
    chooser.required = false;
    list.hidden = false;
    next();
  });
  window.addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });

  function fields() {
    return [...new FormData(form)].filter(([, value]) => !(value instanceof File));
  }

  function say(words) {
    status.textContent = words;
  }

  /* One line of the list: name, progress, state, and a button that stops or repeats. */
  function row(file, values) {
    const line = document.createElement("li");
    const name = document.createElement("bdi");
    const bar = document.createElement("progress");
    const state = document.createElement("p");
    const button = document.createElement("button");
    name.textContent = file.name;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", text("progress").replace("{name}", () => file.name));
    state.className = "state";
    state.textContent = text("waiting");
    button.type = "button";
    button.className = "quiet";
    button.textContent = text("cancel");
    line.append(name, bar, state, button);
    list.append(line);
    const item = { file, values, line, bar, state, button, request: null, stopped: false };
    button.addEventListener("click", () => stop(item));
    return item;
  }

  function stop(item) {
    item.stopped = true;
    if (item.request) item.request.abort();
    else finish(item, false, text("cancelled"));
  }

  function next() {
    if (sending) return;
    const item = queue.shift();
    if (!item) return;
    if (item.stopped) return next();
    sending = true;
    send(item);
  }

  function send(item) {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const [name, value] of item.values) body.append(name, value);
    body.append(chooser.name, item.file, item.file.name);
    item.request = request;
    item.state.textContent = text("sending");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) item.bar.value = event.loaded / event.total;
    });
    request.upload.addEventListener("load", () => {
      item.bar.removeAttribute("value");
      item.state.textContent = text("sealing");
    });
    request.addEventListener("load", () => {
      const answer = read(request);
      finish(item, answer.ok, answer.message || (answer.ok ? text("done") : text("failed")), answer.url);
    });
    request.addEventListener("error", () => finish(item, false, text("failed")));
    request.addEventListener("abort", () => finish(item, false, text("cancelled")));
    request.addEventListener("loadend", () => {
      sending = false;
      next();
    });
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.setRequestHeader("X-Upload", "1");
    request.send(body);
  }

  function read(request) {
    try {
      return JSON.parse(request.responseText);
    } catch {
      return { ok: false, message: "", url: "" };
    }
  }

  /* The page is from before: a link leads to what it would show now; a title was that of these files, not of the next. */
  function kept() {
    if (after) after.hidden = false;
    const title = form.querySelector("input[name=title]");
    if (title && !queue.length && !list.querySelector(".failed")) title.value = "";
  }

  /* The name becomes the way to the document, or the button a way to try again; only the last word is announced. */
  function finish(item, ok, message, address) {
    const held = item.line.contains(document.activeElement);
    item.bar.remove();
    item.state.textContent = message;
    item.state.classList.add(ok ? "kept" : "failed");
    say(item.file.name + ": " + message);
    if (ok) kept();
    if (ok && address && new URL(address, location.href).origin === location.origin) {
      const link = document.createElement("a");
      link.className = "button quiet";
      link.href = address;
      link.textContent = text("open");
      item.button.replaceWith(link);
      if (held) link.focus();
    } else if (ok) {
      item.button.remove();
    } else {
      const again = document.createElement("button");
      again.type = "button";
      again.className = "quiet";
      again.textContent = text("retry");
      again.addEventListener("click", () => {
        const fresh = row(item.file, fields());
        item.line.replaceWith(fresh.line);
        fresh.button.focus();
        queue.push(fresh);
        next();
      });
      item.button.replaceWith(again);
      if (held) again.focus();
    }
  }
}
