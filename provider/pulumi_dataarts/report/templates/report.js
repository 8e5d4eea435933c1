(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const steps = [...document.querySelectorAll("details.step")];
  const apply = () => {
    const data = new FormData(form);
    const words = data.get("find").toLowerCase().split(/\s+/).filter(Boolean);
    const ops = new Set(data.getAll("op"));
    const hazard = data.get("hazard");
    let shown = 0;
    for (const step of steps) {
      const { op, search, hazards } = step.dataset;
      const fits = ops.has(op) && words.every((word) => search.includes(word));
      step.hidden = !(fits && (!hazard || hazards.split("|").includes(hazard)));
      shown += !step.hidden;
    }
    form.querySelector("output").textContent = `${shown} of ${steps.length}`;
  };
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.matches("details.step")) {
      target.hidden = false;
      target.open = true;
    }
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.unfold.addEventListener("click", ({ target }) => {
    const open = target.textContent === "Unfold all";
    for (const step of steps) step.open = open;
    target.textContent = open ? "Fold all" : "Unfold all";
  });
  addEventListener("hashchange", reveal);
  reveal();
})();
