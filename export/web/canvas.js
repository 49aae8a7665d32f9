// From pixels to what is seen and saved.

const GAP = 2; // pixels between the pictures of a saved sheet
const SMALLEST = 64; // pixels: narrower pictures are enlarged on a saved sheet, as by keras_gan.pictures.grid

// Empties a canvas for one picture, shown `target` CSS pixels wide: small ones enlarged by a whole factor, with crisp
// pixels.
export function prepare(canvas, { width, height }, target) {
  const factor = Math.max(1, Math.floor(target / width));
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = `${Math.min(width * factor, 2 * target)}px`;
  canvas.classList.toggle("crisp", factor > 1);
}

// Paints one picture.
export function paint(canvas, pixels, generator, target) {
  const { width, height, channels } = generator;
  prepare(canvas, generator, target);
  const data = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data.data[4 * i + c] = pixels[channels * i + (channels < 3 ? 0 : c)];
    data.data[4 * i + 3] = channels === 4 ? pixels[channels * i + 3] : 255;
  }
  canvas.getContext("2d").putImageData(data, 0, 0);
}

// Returns the middle of a bitmap, scaled to a size: Uint8Array (height * width * channels).
export function pixelsOf(bitmap, { width, height, channels }) {
  const scale = Math.min(bitmap.width / width, bitmap.height / height);
  const w = width * scale, h = height * scale;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (bitmap.width - w) / 2, (bitmap.height - h) / 2, w, h, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  if (channels === 4) return Uint8Array.from(data);
  const grey = (r, g, b) => Math.round(0.299 * r + 0.587 * g + 0.114 * b); // of ITU-R 601, as Pillow's
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const colour = data.subarray(4 * i, 4 * i + 3);
    pixels.set(channels === 1 ? [grey(...colour)] : colour, channels * i);
  }
  return pixels;
}

// Lays painted canvases out in rows on a white ground.
export function sheet(canvases, columns) {
  const factor = Math.max(1, Math.ceil(SMALLEST / canvases[0].width));
  const width = canvases[0].width * factor, height = canvases[0].height * factor;
  const result = document.createElement("canvas");
  result.width = columns * (width + GAP) + GAP;
  result.height = Math.ceil(canvases.length / columns) * (height + GAP) + GAP;
  const context = result.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.fillStyle = "white";
  context.fillRect(0, 0, result.width, result.height);
  canvases.forEach((canvas, i) => {
    const left = (i % columns) * (width + GAP) + GAP, top = Math.floor(i / columns) * (height + GAP) + GAP;
    context.clearRect(left, top, width, height); // transparent pictures stay so
    context.drawImage(canvas, left, top, width, height);
  });
  return result;
}

// The picture as large as it is shown.
export function enlarged(canvas) {
  const factor = Math.max(1, Math.floor(parseFloat(canvas.style.width) / canvas.width));
  const result = document.createElement("canvas");
  result.width = canvas.width * factor;
  result.height = canvas.height * factor;
  const context = result.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, result.width, result.height);
  return result;
}

// Saves a canvas as a PNG file.
export function save(canvas, name) {
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
