// The walk between the first pictures of two seeds: a strip of steps, and one step anywhere on the way.

import { paint, prepare, save, sheet } from "./canvas.js";
import { advance, byId, fill, latest, seedOf } from "./controls.js";
import { between } from "./latents.js";

const STEPS = 9;
const TILE = 64, WIDTH = 160; // CSS pixels

export class Walk {
  constructor(generator, grid, say) {
    Object.assign(this, { generator, grid });
    const failed = (error) => say(error.message, true);
    this.update = latest(() => this.draw(), failed);
    this.updateStep = latest(() => this.drawStep(), failed);
    fill(byId("walk-class"), generator.classes);
    prepare(byId("step"), generator, WIDTH);
    byId("walk").append(...Array.from({ length: STEPS }, (_, i) => {
      const canvas = document.createElement("canvas");
      prepare(canvas, generator, TILE);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `Step ${i + 1} of ${STEPS}`);
      return canvas;
    }));
    for (const id of ["walk-from", "walk-to", "walk-class"]) byId(id).addEventListener("input", this.update);
    byId("truncation").addEventListener("input", this.update);
    byId("position").addEventListener("input", this.updateStep);
    byId("walk-controls").addEventListener("submit", (event) => event.preventDefault());
    byId("walk-redraw").addEventListener("click", () => {
      for (const id of ["walk-from", "walk-to"]) advance(byId(id), 2);
      this.update();
    });
    byId("save-walk").addEventListener("click", () => {
      const name = `walk-seeds-${seedOf(byId("walk-from"))}-${seedOf(byId("walk-to"))}.png`;
      save(sheet([...byId("walk").children], STEPS), name);
    });
  }

  // Draws the pictures at these positions, 0 to 1: pixels of all. Codes go along a line.
  pixels(positions) {
    const { generator } = this;
    const chosen = byId("walk-class").value || "0";
    const [a, b] = ["walk-from", "walk-to"].map((id) => this.grid.inputs(seedOf(byId(id)), 1, chosen));
    const walked = (name, distribution) => {
      const steps = positions.map((position) => between(a[name], b[name], position, distribution));
      return Float32Array.from(steps.flatMap((step) => [...step]));
    };
    const codes = generator.code && walked("codes", "uniform");
    return generator.draw(walked("latents", generator.distribution), positions.map(() => Number(chosen)), codes);
  }

  async draw() {
    const pixels = await this.pixels(Array.from({ length: STEPS }, (_, i) => i / (STEPS - 1)));
    const size = pixels.length / STEPS;
    [...byId("walk").children].forEach((canvas, i) => {
      paint(canvas, pixels.subarray(i * size, (i + 1) * size), this.generator, TILE);
    });
    await this.drawStep();
  }

  async drawStep() {
    const position = Number(byId("position").value);
    byId("position-value").textContent = position.toFixed(2);
    paint(byId("step"), await this.pixels([position]), this.generator, WIDTH);
  }
}
