// One picture: a copy of the chosen one, changed by sliders.

import { enlarged, paint, prepare, save } from "./canvas.js";
import { byId, fill, latest, slider } from "./controls.js";
import { oneHot } from "./latents.js";

const WIDTH = 256; // CSS pixels
const PAGE = 16; // sliders shown at once
const CODES = 2; // InfoGAN's numbers are drawn from -1 to 1; its authors show them up to 2

export class Picture {
  constructor(generator, say) {
    this.generator = generator;
    this.first = 0; // of the latent's numbers, the first that has a slider
    this.update = latest(() => this.draw(), (error) => say(error.message, true));
    prepare(byId("picture"), generator, WIDTH);
    fill(byId("picture-class"), generator.classes);
    byId("picture-class").addEventListener("input", (event) => this.setClass(Number(event.target.value)));
    byId("undo").addEventListener("click", () => this.show(this.original));
    byId("save-picture").addEventListener("click", () => save(enlarged(byId("picture")), this.original.file));
    byId("latent-pages").hidden = generator.latentSize <= PAGE;
    byId("latent-previous").addEventListener("click", () => this.page(this.first - PAGE));
    byId("latent-next").addEventListener("click", () => this.page(this.first + PAGE));
    this.makeCodes();
    this.makeSliders();
  }

  makeSliders() {
    const end = this.generator.distribution === "uniform" ? 1 : 3;
    const count = Math.min(PAGE, this.generator.latentSize);
    this.sliders = Array.from({ length: count }, (_, i) => slider({ min: -end, max: end, step: 0.01 }, (value) => {
      this.latent[this.first + i] = value;
      this.update();
    }));
    byId("latent-sliders").append(...this.sliders);
  }

  // Makes a picker for each category but the first, which is the class, and a slider for each number.
  makeCodes() {
    const { categories, continuous } = this.generator.code ?? { categories: [], continuous: 0 };
    const offset = (i) => categories.slice(0, i).reduce((a, b) => a + b, 0);
    this.categories = categories.slice(1).map((values, i) => {
      const element = document.createElement("label"), select = document.createElement("select");
      element.append(`Category ${i + 2} `, select);
      fill(select, Array.from({ length: values }, (_, value) => String(value)));
      select.addEventListener("input", () => {
        this.code.set(oneHot(Number(select.value), values), offset(i + 1));
        this.update();
      });
      element.read = () => select.value = this.code.indexOf(1, offset(i + 1)) - offset(i + 1);
      return element;
    });
    this.numbers = Array.from({ length: continuous }, (_, i) => {
      const at = offset(categories.length) + i;
      const element = slider({ min: -CODES, max: CODES, step: 0.01 }, (value) => {
        this.code[at] = value;
        this.update();
      });
      element.label(`Number ${i + 1}`);
      element.read = () => element.set(this.code[at]);
      return element;
    });
    byId("code").hidden = this.categories.length + this.numbers.length === 0;
    byId("code-sliders").append(...this.categories, ...this.numbers);
  }

  // Begins anew with a picture of the grid.
  show(picture) {
    this.original = picture;
    this.latent = picture.latent.slice();
    this.code = picture.code?.slice();
    this.label = picture.label;
    byId("picture-name").textContent = picture.name;
    byId("picture-class").value = picture.label;
    byId("picture-time").textContent = "";
    for (const element of [...this.categories, ...this.numbers]) element.read();
    this.page(this.first);
    paint(byId("picture"), picture.pixels, this.generator, WIDTH);
  }

  // Shows the sliders from `first` on.
  page(first) {
    const size = this.generator.latentSize;
    this.first = Math.min(Math.max(0, first), Math.floor((size - 1) / PAGE) * PAGE);
    const last = Math.min(this.first + PAGE, size);
    this.sliders.forEach((element, i) => {
      const at = this.first + i;
      element.hidden = at >= size;
      if (at >= size) return;
      element.label(String(at + 1), `Latent ${at + 1}`);
      element.set(this.latent[at]);
    });
    byId("latent-range").textContent = `${this.first + 1} to ${last} of ${size}`;
    byId("latent-previous").disabled = this.first === 0;
    byId("latent-next").disabled = last === size;
  }

  setClass(value) {
    this.label = value;
    if (this.code) this.code.set(oneHot(value, this.generator.classes.length), 0);
    this.update();
  }

  async draw() {
    const start = performance.now(), { original } = this;
    const pixels = await this.generator.draw(this.latent.slice(), [this.label], this.code?.slice());
    if (original !== this.original) return; // another one was chosen meanwhile
    paint(byId("picture"), pixels, this.generator, WIDTH);
    byId("picture-time").textContent = `Changed; drawn in ${(performance.now() - start).toFixed(1)} ms.`;
  }
}
