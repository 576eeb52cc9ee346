/* The arrow keys turn pages, as the links "previous" and "next" do without this script. */
"use strict";

document.getElementById("turning").hidden = false;
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || target.closest("input, select, textarea")) return;
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) return; // there the keys move what is seen
  const [back, on] = page.dir === "rtl" ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
  const link = document.querySelector(key === back ? "a[rel=prev]" : key === on ? "a[rel=next]" : "a[rel=none]");
  if (link) link.click();
});
