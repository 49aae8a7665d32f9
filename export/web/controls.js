// Pieces that the three parts of the page share.

export const byId = (id) => document.getElementById(id);

const LIMIT = 2 ** 32;

// Reads a field for seeds, whatever was typed: a whole number from 0 on.
export function seedOf(input) {
  const seed = Math.min(LIMIT - 1, Math.max(0, Math.trunc(Number(input.value) || 0)));
  if (String(seed) !== input.value && document.activeElement !== input) input.value = seed;
  return seed;
}

// Puts the next seed into a field: `by` further, from the start again after the last.
export function advance(input, by = 1) {
  input.value = (seedOf(input) + by) % LIMIT;
}

// Fills a picker with names, valued 0, 1, 2 ...; `first` is an entry before them, of value "".
export function fill(select, names, first = null) {
  select.replaceChildren(
    ...(first === null ? [] : [new Option(first, "")]), ...names.map((name, i) => new Option(name, i)));
}

// Returns a labelled slider with the number it stands at, as an element that has `set(value)` and `label(text, spoken)`.
export function slider(limits, changed) {
  const element = document.createElement("label");
  const name = document.createElement("span");
  const input = Object.assign(document.createElement("input"), { type: "range", ...limits });
  const shown = document.createElement("span"); // no <output>, which would be read out besides the slider
  const holder = document.createElement("span");
  shown.className = "value";
  holder.className = "slider";
  holder.append(input, shown);
  element.append(name, holder);
  element.label = (text, spoken = text) => {
    name.textContent = text;
    input.setAttribute("aria-label", spoken);
  };
  element.set = (value) => {
    input.value = value; // beyond its limits the slider stands at its end, the number tells
    shown.textContent = value.toFixed(2);
  };
  input.addEventListener("input", () => {
    shown.textContent = Number(input.value).toFixed(2);
    changed(Number(input.value));
  });
  return element;
}

// Makes of an async function one that runs once at a time. Calls meanwhile become a single further run, so that a slider
// that is dragged never leaves a queue behind. `work` is given a function that tells whether it is out of date.
export function latest(work, failed) {
  let running = false, again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again) {
        again = false;
        await work(() => again);
      }
    } catch (error) {
      failed(error);
    } finally {
      running = false;
    }
  };
}
