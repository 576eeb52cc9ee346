/* Whoever signs out in one window is out in all: the others stop showing what they showed.
   Without this script they show it until the next click. */
"use strict";

if (window.BroadcastChannel) {
  const windows = new BroadcastChannel("left");
  if (document.querySelector('meta[name="left"]')) windows.postMessage("left");
  else windows.addEventListener("message", () => location.replace("/sign-in?left=1"));
}
