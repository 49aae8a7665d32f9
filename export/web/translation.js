// A picture that is chosen or dropped, translated: cropped and scaled to the generator's size first.

import { paint, pixelsOf, prepare, save } from "./canvas.js";
import { byId, latest } from "./controls.js";

const WIDTH = 256; // CSS pixels

export class Translation {
  constructor(generator, say) {
    Object.assign(this, { generator, say });
    this.update = latest(() => this.draw(), (error) => say(error.message, true));
    prepare(byId("given"), generator.given, WIDTH);
    prepare(byId("made"), generator, WIDTH);
    byId("file").addEventListener("change", (event) => this.open(event.target.files[0]));
    byId("save-translation").addEventListener("click", () => save(byId("made"), this.file));
    const place = byId("translation");
    for (const kind of ["dragover", "dragleave", "drop"]) {
      place.addEventListener(kind, (event) => {
        event.preventDefault(); // else the browser opens the file in the page's stead
        place.classList.toggle("over", kind === "dragover");
      });
    }
    place.addEventListener("drop", (event) => this.open(event.dataTransfer.files[0]));
  }

  async open(file) {
    if (!file) return;
    try {
      this.bitmap = await createImageBitmap(file);
    } catch {
      this.say(`${file.name}: this browser reads no picture in it.`, true);
      return;
    }
    this.name = file.name;
    this.file = `${file.name.replace(/\.[^.]*$/, "")}-translated.png`;
    await this.update();
  }

  async draw() {
    const { generator, bitmap, name } = this, { given } = generator;
    const pixels = pixelsOf(bitmap, given);
    paint(byId("given"), pixels, given, WIDTH);
    const start = performance.now();
    paint(byId("made"), await generator.translate(pixels), generator, WIDTH);
    byId("save-translation").disabled = false;
    this.say(`${name}: translated in ${(performance.now() - start).toFixed(1)} ms.`);
  }
}
