// Loads the generator and starts the parts of the page: three that draw, or the one that translates.

import { byId } from "./controls.js";
import { Generator } from "./generator.js";
import { Grid } from "./grid.js";
import { Picture } from "./picture.js";
import { Translation } from "./translation.js";
import { Walk } from "./walk.js";

const ABOUT = { training_data: "Learned from", recipe: "Recipe", license: "Licence", intended_use: "Intended use" };

function say(text, isError = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("error", isError);
}

async function fetched(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: the server answered ${response.status}.`);
  return response;
}

function size({ height, width, channels }) {
  return `${height} by ${width} pixels, ${{ 1: "grey", 3: "colour", 4: "colour with transparency" }[channels]}`;
}

function describe(generator, metadata) {
  const { latentSize, distribution, classes, code, given } = generator;
  const title = metadata.training_data ? `Pictures like ${metadata.training_data}` : "Pictures from a generator";
  byId("title").textContent = document.title = given ? "Translated pictures" : title;
  byId("summary").textContent = given ? `${size(generator)}, from ${size(given)}.`
    : `${size(generator)}, from ${latentSize} ${distribution} numbers` +
      (code ? " and a code." : classes.length ? ` and one of ${classes.length} classes.` : ".");
  for (const [key, name] of Object.entries(ABOUT)) {
    if (!metadata[key]) continue;
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = metadata[key];
    byId("about").append(term, text);
  }
  for (const element of document.querySelectorAll(".classes")) {
    element.hidden = classes.length === 0;
    if (code) element.firstChild.textContent = "Category 1 ";
  }
}

async function start() {
  say("Loading the generator and its runtime, 15 MB.");
  const facts = await (await fetched("generator.json")).json();
  const model = new Uint8Array(await (await fetched("generator.onnx")).arrayBuffer());
  const generator = await Generator.load(facts, model);
  describe(generator, facts.metadata);
  window.kerasGAN = {
    draw: (latents, labels, codes) => generator.draw(latents, labels, codes),
    translate: (pixels) => generator.translate(pixels),
  };
  await (generator.given ? startTranslating(generator) : startDrawing(generator));
}

function startTranslating(generator) {
  new Translation(generator, say);
  byId("translating").hidden = false;
  byId("seeds").hidden = true;
  say("Ready: choose a picture.");
}

async function startDrawing(generator) {
  const picture = new Picture(generator, say);
  const grid = new Grid(generator, (chosen) => picture.show(chosen), say);
  const walk = new Walk(generator, grid, say);
  byId("drawing").hidden = false;
  await grid.update();
  await walk.update();
}

start().catch((error) => say(`This page could not start: ${error.message}`, true));
