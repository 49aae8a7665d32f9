"""Writes dcgan_step.npz: three steps of a tiny GAN, written out by hand without keras_gan.

Source: Goodfellow et al. 2014, algorithm 1, with the non-saturating loss; R1 as in Mescheder et al. 2018, equation 9,
every second step and then twice; Adam as in Kingma and Ba 2014, algorithm 1, in numpy; the average as in Karras et al.
2020. Gradients are those of two separate tapes: D on the fakes before its update, then G through the updated D, with
the same fakes. Everything but the convolutions is written out, and the convolutions are TensorFlow's own.

Command: python tests/golden/make_dcgan_step.py
"""

import pathlib

import numpy as np
import tensorflow as tf

STEPS, BATCH, LATENT, RATE, BETA_1, BETA_2, EPSILON = 3, 4, 3, 1e-2, 0.5, 0.999, 1e-7
GAMMA, INTERVAL, HALF_LIFE, RAMP_UP = 2.0, 2, 20.0, 0.5


def generate(w, z):
    x = tf.nn.relu(tf.reshape(z @ w["dense"] + w["dense_bias"], (-1, 4, 4, 2)))
    x = tf.nn.conv2d_transpose(x, w["up"], (BATCH, 8, 8, 1), strides=2, padding="SAME") + w["up_bias"]
    return tf.tanh(x)


def judge(w, x):
    x = tf.nn.leaky_relu(tf.nn.conv2d(x, w["down"], strides=2, padding="SAME") + w["down_bias"], 0.2)
    return tf.reshape(x, (-1, 4 * 4 * 2)) @ w["logit"] + w["logit_bias"]


def adam(weights, gradients, state, t):
    for name, g in gradients.items():
        m, v = state.get(name, (0.0, 0.0))
        m, v = BETA_1 * m + (1 - BETA_1) * g, BETA_2 * v + (1 - BETA_2) * g**2
        state[name] = m, v
        rate = RATE * np.sqrt(1 - np.float32(BETA_2) ** np.float32(t)) / (1 - np.float32(BETA_1) ** np.float32(t))
        weights[name] = (weights[name] - rate * m / (np.sqrt(v) + EPSILON)).astype("float32")


def differentiate(function, weights):
    variables = {name: tf.constant(value) for name, value in weights.items()}
    with tf.GradientTape() as tape:
        tape.watch(variables)
        value, extra = function(variables)
        total = value + extra
    return {k: g.numpy() for k, g in tape.gradient(total, variables).items()}, value.numpy(), extra.numpy()


def discriminator_step(d, fake, real, step):
    def loss(w):
        value = tf.reduce_mean(tf.math.softplus(-judge(w, real))) + tf.reduce_mean(tf.math.softplus(judge(w, fake)))
        if step % INTERVAL:
            return value, tf.zeros(())
        with tf.GradientTape() as tape:
            tape.watch(real)
            total = tf.reduce_sum(judge(w, real))
        squares = tf.reduce_sum(tape.gradient(total, real) ** 2, axis=(1, 2, 3))
        return value, INTERVAL * GAMMA / 2 * tf.reduce_mean(squares)

    return differentiate(loss, d)


def main():
    random = np.random.default_rng(0)
    draw = lambda *shape: random.normal(size=shape).astype("float32") * 0.3  # noqa: E731
    g = {"dense": draw(LATENT, 32), "dense_bias": draw(32), "up": draw(4, 4, 1, 2), "up_bias": draw(1)}
    d = {"down": draw(4, 4, 1, 2), "down_bias": draw(2), "logit": draw(32, 1), "logit_bias": draw(1)}
    data = {"real": np.tanh(3 * draw(STEPS, BATCH, 8, 8, 1)), "latent": draw(STEPS, BATCH, LATENT) / 0.3}
    out = {f"before_{k}": v for k, v in {**g, **d}.items()}
    average, states, losses = dict(g), ({}, {}), []
    for step in range(STEPS):
        real, latent = tf.constant(data["real"][step]), tf.constant(data["latent"][step])
        gradients, d_loss, penalty = discriminator_step(d, generate(g, latent), real, step)
        adam(d, gradients, states[0], step + 1)
        score = lambda w: tf.reduce_mean(tf.math.softplus(-judge(d, generate(w, latent))))  # noqa: B023, E731
        gradients, g_loss, _ = differentiate(lambda w: (score(w), tf.zeros(())), g)  # noqa: B023
        adam(g, gradients, states[1], step + 1)
        decay = 0.5 ** (BATCH / min(HALF_LIFE, RAMP_UP * BATCH * (step + 1)))
        average = {k: g[k] + decay * (average[k] - g[k]) for k in g}
        losses.append([d_loss, g_loss, penalty])
    out |= {f"after_{k}": v for k, v in {**g, **d}.items()} | {f"average_{k}": v for k, v in average.items()}
    path = pathlib.Path(__file__).with_name("dcgan_step.npz")
    np.savez_compressed(path, losses=np.array(losses, "float32"), **data, **out)


if __name__ == "__main__":
    main()
