(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const steps = [...document.querySelectorAll("details.step")];
  const apply = () => {
    const data = new FormData(form);
    const words = data.get("find").toLowerCase().split(/\s+/).filter(Boolean);
    const ops = new Set(data.getAll("op"));
    const hazard = data.get("hazard");
    const type = data.get("type");
    let shown = 0;
    for (const step of steps) {
      const { op, search, hazards } = step.dataset;
      const fits = ops.has(op) && (!type || step.dataset.type === type) && words.every((word) => search.includes(word));
      step.hidden = !(fits && (!hazard || hazards.split("|").includes(hazard)));
      shown += !step.hidden;
    }
    document.querySelector(".none-fits").hidden = shown > 0;
    form.querySelector("output").textContent = `${shown} of ${steps.length}`;
  };
  const nameOf = (step) => step.querySelector("b").textContent;
  const orders = {
    "": () => 0,
    place: (a, b) => a.dataset.place - b.dataset.place,
    type: (a, b) => a.dataset.type.localeCompare(b.dataset.type) || nameOf(a).localeCompare(nameOf(b)),
  };
  const arrange = () => document.querySelector(".steps").append(...[...steps].sort(orders[form.elements.sort.value]));
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.matches("details.step")) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
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
  form.elements.sort.addEventListener("change", arrange);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select")) {
      event.preventDefault();
      form.elements.find.focus();
    }
  });
  addEventListener("hashchange", reveal);
  reveal();
})();
