// Loads the generator and starts the three parts of the page.

import { byId } from "./controls.js";
import { Generator } from "./generator.js";
import { Grid } from "./grid.js";
import { Picture } from "./picture.js";
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

function describe(generator, metadata) {
  const { height, width, channels, latentSize, distribution, classes, code } = generator;
  const kind = { 1: "grey", 3: "colour", 4: "colour with transparency" }[channels];
  const title = metadata.training_data ? `Pictures like ${metadata.training_data}` : "Pictures from a generator";
  byId("title").textContent = document.title = title;
  byId("summary").textContent = `${height} by ${width} pixels, ${kind}, from ${latentSize} ${distribution} numbers` +
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
  const picture = new Picture(generator, say);
  const grid = new Grid(generator, (chosen) => picture.show(chosen), say);
  const walk = new Walk(generator, grid, say);
  document.querySelector("main").hidden = false;
  window.kerasGAN = { draw: (latents, labels, codes) => generator.draw(latents, labels, codes) };
  await grid.update();
  await walk.update();
}

start().catch((error) => say(`This page could not start: ${error.message}`, true));
