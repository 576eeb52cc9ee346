/* Has what is marked with data-fresh asked for anew, after so many seconds each time, while somebody can see the page.
   Without this script a link does it. */
"use strict";

for (const part of document.querySelectorAll("[data-fresh]")) {
  setInterval(() => {
    if (document.visibilityState === "visible") part.dispatchEvent(new Event("fresh"));
  }, 1000 * Number(part.dataset.fresh));
}
