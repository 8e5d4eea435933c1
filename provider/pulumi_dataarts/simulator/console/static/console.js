// Live refresh: pause it, leave it out while nobody looks, and say so when the cloud does not answer.
"use strict";

const PAUSED = "console.paused";
// How much of the time may go into refreshing.
const SHARE = 0.1;

let began = null;
let next = 0;

const isPaused = () => sessionStorage.getItem(PAUSED) !== null;
const isRefresh = (event) => event.target.id === "pulse";

function showPause() {
  const button = document.getElementById("live");
  button.hidden = false;
  button.setAttribute("aria-pressed", String(isPaused()));
}

document.getElementById("live").addEventListener("click", () => {
  if (isPaused()) sessionStorage.removeItem(PAUSED);
  else sessionStorage.setItem(PAUSED, "");
  showPause();
});

document.addEventListener("htmx:before:request", (event) => {
  if (!isRefresh(event)) return;
  if (isPaused() || document.hidden || performance.now() < next) event.preventDefault();
  else began = performance.now();
});

document.addEventListener("htmx:finally:request", (event) => {
  if (!isRefresh(event) || began === null) return;
  const now = performance.now();
  next = now + (now - began) * (1 / SHARE - 1);
  began = null;
});

function showLost(isLost) {
  document.documentElement.classList.toggle("lost", isLost);
  document.getElementById("lost").textContent = isLost ? "The cloud does not answer. What you see is old." : "";
}

document.addEventListener("htmx:error", () => showLost(true));
document.addEventListener("htmx:before:swap", (event) => {
  const isBroken = event.detail.ctx.response.status >= 500;
  if (isBroken) event.preventDefault();
  showLost(isBroken);
});

document.addEventListener("keydown", (event) => {
  const field = document.querySelector("input[type=search]");
  const isTyping = event.target.matches("input, textarea, select");
  if (event.key !== "/" || !field || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
  field.select();
});

showPause();
