// Buttons that copy what stands beside them, and secrets that are gone once their page is left.
"use strict";

async function copy(source) {
  const text = source.textContent.trim();
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const range = document.createRange();
  range.selectNodeContents(source);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  document.execCommand("copy");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) {
    return;
  }
  await copy(source);
  const text = button.textContent;
  const label = button.getAttribute("aria-label");
  button.textContent = button.dataset.copied;
  button.removeAttribute("aria-label");
  button.setAttribute("aria-live", "polite");
  window.setTimeout(() => {
    button.textContent = text;
    button.removeAttribute("aria-live");
    if (label) {
      button.setAttribute("aria-label", label);
    }
  }, 2000);
});

window.addEventListener("pagehide", () => {
  document.querySelectorAll(".secret").forEach((secret) => { secret.textContent = "…"; });
});
document.documentElement.classList.add("scripted");
