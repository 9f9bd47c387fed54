// Runs in the page that a preview is shown in: a filter, and keys to move by.
const filter = document.querySelector("input");
const count = document.querySelector("#count");
const groups = [...document.querySelectorAll("main > details")];
const texts = groups.map((group) => (group.textContent ?? "").toLowerCase());

function shown() {
  return groups.filter((group) => !group.hasAttribute("hidden"));
}

function apply() {
  const words = (filter?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  groups.forEach((group, i) => {
    const text = texts[i] ?? "";
    group.toggleAttribute("hidden", !words.every((word) => text.includes(word)));
  });
  if (count) count.textContent = `${shown().length} of ${groups.length} shown`;
}

function move(/** @type {number} */ by) {
  const list = shown();
  const at = list.findIndex((group) => group.contains(document.activeElement));
  list[Math.min(list.length - 1, Math.max(0, at + by))]?.querySelector("summary")?.focus();
}

filter?.addEventListener("input", apply);
document.querySelector("button")?.addEventListener("click", () => {
  const list = shown();
  const open = list.some((group) => !group.hasAttribute("open"));
  for (const group of list) group.toggleAttribute("open", open);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target === filter) {
    if (filter) filter.value = "";
    apply();
    filter?.blur();
  }
  if (event.target === filter) return;
  if (event.key === "/") {
    event.preventDefault();
    filter?.focus();
  } else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
});
apply();
