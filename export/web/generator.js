// The generator: loaded once, then a function from latents (and labels, or codes), or from a picture, to pixels.

import * as ort from "./ort.wasm.bundle.min.js";

const PART = 16; // pictures of one run, between which the page can show what there is

export class Generator {
  // facts: what generator.json says. model: the bytes of generator.onnx.
  static async load(facts, model) {
    ort.env.wasm.numThreads = 1; // more need headers that static servers do not send
    ort.env.wasm.proxy = true; // in a worker, so that the page goes on answering
    ort.env.logLevel = "error"; // nothing about operations that have newer forms
    const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
    return new Generator(facts, session);
  }

  constructor(facts, session) {
    const { metadata, kinds, output, code = null, given = null } = facts;
    this.session = session;
    this.names = kinds; // of the inputs: {latent, label, code, given}, those that there are
    this.code = code; // {categories, continuous} of an InfoGAN
    const latent = kinds.latent ? JSON.parse(metadata.inputs)[kinds.latent] : { shape: [] };
    this.latentShape = latent.shape;
    this.latentSize = this.latentShape.reduce((a, b) => a * b, 1);
    this.distribution = latent.distribution;
    this.output = output.name;
    Object.assign(this, sizes(output.shape));
    this.given = given && sizes(given.shape); // {height, width, channels} of the picture that is translated
    this.classes = this.classNames(metadata);
    this.queue = Promise.resolve();
  }

  // Names of the classes, or of the values of the code's first category; empty where there is nothing to choose.
  classNames(metadata) {
    const count = this.names.label ? Number(metadata.num_classes) : this.code?.categories[0] ?? 0;
    if (this.names.label && metadata.class_names) return JSON.parse(metadata.class_names);
    return Array.from({ length: count }, (_, i) => String(i));
  }

  get codeSize() {
    return this.code ? this.code.categories.reduce((a, b) => a + b, 0) + this.code.continuous : 0;
  }

  // Draws pictures: latents Float32Array (count * latentSize), labels (count) of a generator with labels, codes
  // Float32Array (count * codeSize) of an InfoGAN -> Uint8Array (count * height * width * channels).
  // `shown(pixels, first)` is called with each part as soon as it is there; if it returns false, the rest is left out.
  draw(latents, labels = null, codes = null, shown = null) {
    return this.inTurn(() => this.drawParts(latents, labels, codes, shown));
  }

  // Translates one picture: Uint8Array (given.height * given.width * given.channels) -> that of the output's size.
  translate(pixels) {
    const { height, width, channels } = this.given;
    const values = Float32Array.from(pixels, (p) => Math.fround(p / 127.5) - 1);
    const feeds = { [this.names.given]: new ort.Tensor("float32", values, [1, height, width, channels]) };
    return this.inTurn(async () => toUint8((await this.session.run(feeds))[this.output].data));
  }

  // Runs one thing at a time.
  inTurn(work) {
    const run = this.queue.then(work);
    this.queue = run.catch(() => {});
    return run;
  }

  async drawParts(latents, labels, codes, shown) {
    const count = latents.length / this.latentSize;
    const numbers = this.height * this.width * this.channels;
    const pixels = new Uint8Array(count * numbers);
    for (let first = 0; first < count; first += PART) {
      const size = Math.min(PART, count - first);
      const rows = (values, width) => Float32Array.from(values.slice(first * width, (first + size) * width));
      const feeds = {
        [this.names.latent]: new ort.Tensor("float32", rows(latents, this.latentSize), [size, ...this.latentShape]),
      };
      const { label, code } = this.names;
      if (label) feeds[label] = new ort.Tensor("int32", Int32Array.from(rows(labels, 1)), [size]);
      if (code) feeds[code] = new ort.Tensor("float32", rows(codes, this.codeSize), [size, this.codeSize]);
      const made = (await this.session.run(feeds))[this.output];
      const part = pixels.subarray(first * numbers, (first + size) * numbers);
      part.set(toUint8(made.data));
      if (shown?.(part, first) === false) break;
    }
    return pixels;
  }
}

function sizes([height, width, channels]) {
  return { height, width, channels };
}

// floor(127.5 * x + 128) within 0 to 255, in float32 as keras_gan.pictures.to_uint8.
function toUint8(values) {
  return Uint8Array.from(values, (x) => Math.min(255, Math.max(0, Math.fround(Math.fround(x * 127.5) + 128))));
}
