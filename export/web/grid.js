// The grid of pictures: drawn from a seed, a class and a truncation; one of them is chosen.

import { paint, prepare, save, sheet } from "./canvas.js";
import { advance, byId, fill, latest, seedOf } from "./controls.js";
import { drawCodes, drawLatents, truncated } from "./latents.js";

const TILE = 64; // CSS pixels
const RANGES = { normal: [0.1, 3.1, 0.1], uniform: [0.05, 1, 0.05] }; // of truncation: least, none, step

export class Grid {
  // chosen(picture): called with {latent, label, code, pixels, name, file} when another one is chosen, or it changed.
  constructor(generator, chosen, say) {
    Object.assign(this, { generator, chosen, say });
    this.pictures = [];
    this.index = 0;
    const [least, none, step] = RANGES[generator.distribution];
    this.none = none;
    Object.assign(byId("truncation"), { min: least, max: none, step, value: none });
    fill(byId("class"), generator.classes, "each in turn");
    this.update = latest((stale) => this.draw(stale), (error) => say(error.message, true));
    for (const id of ["seed", "count", "class", "truncation"]) byId(id).addEventListener("input", this.update);
    byId("grid-controls").addEventListener("submit", (event) => event.preventDefault());
    byId("redraw").addEventListener("click", () => {
      advance(byId("seed"));
      this.update();
    });
    byId("save-grid").addEventListener("click", () => {
      const canvases = this.tiles.map((tile) => tile.firstChild);
      const columns = byId("class").value === "" && generator.classes.length > 1
        ? Math.min(generator.classes.length, 10) // each class in a column of its own
        : Math.ceil(Math.sqrt(canvases.length));
      save(sheet(canvases, columns), `grid-seed-${this.seed}.png`);
    });
    byId("grid").addEventListener("keydown", (event) => this.move(event));
  }

  get tiles() {
    return [...byId("grid").children];
  }

  // The truncation chosen, Infinity for none.
  get truncation() {
    const value = Number(byId("truncation").value);
    return value >= this.none ? Infinity : value;
  }

  // Draws latents, and labels or codes as the class picker says: {latents, labels, codes}.
  inputs(seed, count, chosen) {
    const { generator } = this;
    const drawn = drawLatents(seed, count, generator.latentSize, generator.distribution);
    const labels = Array.from({ length: count }, (_, i) => chosen === "" ? i % (generator.classes.length || 1) : +chosen);
    return {
      latents: truncated(drawn, this.truncation, generator.distribution),
      labels,
      codes: generator.code && drawCodes(seed, labels, generator.code),
    };
  }

  async draw(stale) {
    const { generator } = this;
    const count = Number(byId("count").value), seed = this.seed = seedOf(byId("seed"));
    const truncation = this.truncation === Infinity ? "none" : this.truncation.toFixed(2);
    byId("truncation-value").textContent = truncation;
    byId("truncation").setAttribute("aria-valuetext", truncation);
    const { latents, labels, codes } = this.inputs(seed, count, byId("class").value);
    this.resize(count);
    const size = generator.height * generator.width * generator.channels;
    const start = performance.now();
    await generator.draw(latents, labels, codes, (pixels, first) => {
      for (let i = 0; i < pixels.length / size; i++) {
        const at = first + i;
        this.pictures[at] = {
          latent: latents.slice(at * generator.latentSize, (at + 1) * generator.latentSize),
          label: labels[at],
          code: codes && codes.slice(at * generator.codeSize, (at + 1) * generator.codeSize),
          pixels: pixels.slice(i * size, (i + 1) * size),
          name: `Seed ${seed}, picture ${at + 1}`,
          file: `picture-seed-${seed}-${at + 1}.png`,
        };
        this.show(at);
        if (at === this.index) this.chosen(this.pictures[at]);
      }
      return !stale();
    });
    if (stale()) return;
    const each = (performance.now() - start) / count;
    this.say(`${count} pictures of seed ${seed}, ${each.toFixed(1)} ms each.`);
  }

  // Makes as many tiles as pictures.
  resize(count) {
    while (this.tiles.length > count) byId("grid").lastChild.remove();
    while (this.tiles.length < count) {
      const tile = document.createElement("button");
      tile.type = "button";
      tile.setAttribute("role", "radio");
      tile.append(document.createElement("canvas"), document.createElement("span"));
      prepare(tile.firstChild, this.generator, TILE); // so that nothing moves when the picture comes
      const at = this.tiles.length;
      tile.addEventListener("click", () => this.choose(at));
      byId("grid").append(tile);
    }
    this.pictures.length = count;
    this.mark(Math.min(this.index, count - 1));
  }

  show(at) {
    const { generator, pictures, tiles } = this;
    const tile = tiles[at], name = generator.classes[pictures[at].label];
    paint(tile.firstChild, pictures[at].pixels, generator, TILE);
    tile.lastChild.textContent = tile.title = name ?? "";
    tile.setAttribute("aria-label", `Picture ${at + 1}${name === undefined ? "" : `, class ${name}`}`);
  }

  mark(index) {
    this.index = index;
    this.tiles.forEach((tile, i) => {
      tile.setAttribute("aria-checked", i === index);
      tile.tabIndex = i === index ? 0 : -1; // one stop for Tab; arrows go on from there
    });
  }

  choose(index) {
    this.mark(index);
    if (this.pictures[index]) this.chosen(this.pictures[index]);
  }

  move(event) {
    const { tiles, index } = this;
    const columns = tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -index };
    const step = event.key === "End" ? tiles.length - 1 - index : steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    if (!tiles[index + step]) return;
    this.choose(index + step);
    tiles[this.index].focus();
  }
}
