// Latents: how they are drawn, truncated and walked between. What a distribution means is as in keras_gan; the seeds
// are not, for NumPy's generators are not rebuilt here.

const TWO_PI = 2 * Math.PI;

const GOLDEN = 0x9e3779b9;

// The last steps of MurmurHash3: each bit of the result depends on all of x.
function mixed(x) {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

// Returns a function that gives uniform numbers between 0 and 1, both excluded: xoshiro128** (Blackman and Vigna 2018,
// arXiv:1805.01407), the same numbers for the same seed and stream, both whole numbers below 2^32.
export function uniforms(seed, stream = 0) {
  const rotated = (x, bits) => (x << bits) | (x >>> (32 - bits));
  let [a, b, c, d] = [1, 2, 3, 4].map((i) => mixed(mixed(seed + i * GOLDEN) + stream));
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return (result + 0.5) / 2 ** 32;
  };
}

// Draws `count` latents of `size` numbers, one after another: row i does not depend on the count.
export function drawLatents(seed, count, size, distribution) {
  const uniform = uniforms(seed);
  const latents = new Float32Array(count * size);
  for (let i = 0; i < latents.length; i++) {
    latents[i] = distribution === "uniform"
      ? 2 * uniform() - 1
      : Math.sqrt(-2 * Math.log(uniform())) * Math.cos(TWO_PI * uniform());
  }
  return latents;
}

// P(z < -x) of the standard normal distribution, for x >= 0.
function lowerTail(x) {
  const density = Math.exp(-x * x / 2) / Math.sqrt(TWO_PI);
  if (x < 3) { // 1/2 - density * (x + x^3/3 + x^5/(3*5) + ...)
    let term = x, sum = x;
    for (let k = 3; term > 1e-17 * sum; k += 2) sum += term *= x * x / k;
    return 0.5 - density * sum;
  }
  let fraction = x; // Laplace's: density / (x + 1/(x + 2/(x + 3/(x + ...))))
  for (let k = 60; k > 0; k--) fraction = x + k / fraction;
  return density / fraction;
}

// The x >= 0 with P(z < -x) = p, for 0 < p <= 1/2. Newton's steps on the logarithm, which is concave: they never overshoot
// after the first.
function lowerQuantile(p) {
  let x = Math.max(0, Math.sqrt(-2 * Math.log(2 * p)) - 0.5);
  for (let i = 0; i < 20; i++) {
    const tail = lowerTail(x);
    const step = Math.log(tail / p) * tail * Math.sqrt(TWO_PI) * Math.exp(x * x / 2);
    x = Math.max(0, x + step);
    if (Math.abs(step) < 1e-9) break;
  }
  return x;
}

// Moves latents to where the distribution would have put them had it been cut off at +-threshold: each keeps its quantile.
export function truncated(latents, threshold, distribution) {
  if (distribution === "uniform") return latents.map((z) => z * Math.min(threshold, 1));
  if (threshold === Infinity) return latents.slice();
  const lowest = lowerTail(threshold);
  return latents.map((z) => {
    const x = lowerQuantile(lowest + lowerTail(Math.abs(z)) * (1 - 2 * lowest));
    return Math.sign(z) * Math.min(x, threshold);
  });
}

// The latent at `position` (0 to 1) of the way from a to b: on an arc if they are normal, else on a line.
export function between(a, b, position, distribution) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const line = distribution === "uniform" || !(Math.sin(angle) >= 1e-4); // the arc between parallel latents is a line
  const weight = (t) => (line ? t : Math.sin(t * angle) / Math.sin(angle));
  return a.map((value, i) => weight(1 - position) * value + weight(position) * b[i]);
}

// Codes as InfoGAN.fixed_inputs makes them: the first category as the labels say, the others and the numbers drawn.
export function drawCodes(seed, labels, { categories, continuous }) {
  const uniform = uniforms(seed, 1);
  return Float32Array.from(labels.flatMap((label) => [
    ...categories.flatMap((values, i) => {
      const drawn = Math.floor(uniform() * values);
      return oneHot(i ? drawn : label, values);
    }),
    ...Array.from({ length: continuous }, () => 2 * uniform() - 1),
  ]));
}

export function oneHot(value, values) {
  return Array.from({ length: values }, (_, i) => Number(i === value));
}
