"""Training steps of the textbook DCGAN on Keras: the package's, one written by hand, and the usual one.

Each function prepares a side and returns a function that runs `count` steps.
"""

from textbook import LATENT, batches, textbook_networks


def keras_gan_fit(size=28):
    import keras

    import keras_gan as kg

    gan = kg.GAN(*textbook_networks(size), ema_half_life=None)
    gan.compile(keras.optimizers.Adam(2e-4, beta_1=0.5))
    return lambda count: gan.fit(batches(count, size), verbose=0, shuffle=False)


def by_hand(size=28):
    """The same step in one tf.function: one generator pass, its fakes judged before and after D's update."""
    import keras
    import tensorflow as tf

    generator, discriminator = textbook_networks(size)
    g_optimizer, d_optimizer = (keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2))
    g_optimizer.build(generator.trainable_variables)
    d_optimizer.build(discriminator.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(batch):
        real = batch["image"]
        with tf.GradientTape() as g_tape:
            fake = generator(tf.random.normal((tf.shape(real)[0], LATENT)), training=True)
            with g_tape.stop_recording(), tf.GradientTape() as d_tape:
                real_logits, fake_logits = discriminator(real, training=True), discriminator(fake, training=True)
                d_loss = tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(fake_logits))
            with g_tape.stop_recording():
                gradients = d_tape.gradient(d_loss, discriminator.trainable_variables)
                d_optimizer.apply(gradients, discriminator.trainable_variables)
            g_loss = tf.reduce_mean(tf.nn.softplus(-discriminator(fake, training=True)))
        gradients = g_tape.gradient(g_loss, generator.trainable_variables)
        g_optimizer.apply(gradients, generator.trainable_variables)
        return d_loss, g_loss

    def run(count):
        for batch in batches(count, size):
            losses = step(batch)
        return [float(loss) for loss in losses]

    return run


def usual_keras(size=28):
    """The usual custom train_step: latents drawn twice, reals and fakes in one batch, binary cross-entropy."""
    import keras
    import tensorflow as tf

    class UsualGAN(keras.Model):
        def __init__(self, generator, discriminator):
            super().__init__()
            self.generator, self.discriminator = generator, discriminator
            self.d_tracker, self.g_tracker = keras.metrics.Mean("d_loss"), keras.metrics.Mean("g_loss")
            self.built = True

        def compile(self, d_optimizer, g_optimizer, loss):
            super().compile(optimizer=None)
            self.d_optimizer, self.g_optimizer, self.criterion = d_optimizer, g_optimizer, loss

        @property
        def metrics(self):
            return [self.d_tracker, self.g_tracker]

        def train_step(self, batch):
            real = batch["image"]
            size = tf.shape(real)[0]
            fake = self.generator(tf.random.normal((size, LATENT)), training=True)
            labels = tf.concat([tf.zeros((size, 1)), tf.ones((size, 1))], axis=0)
            with tf.GradientTape() as tape:
                d_loss = self.criterion(labels, self.discriminator(tf.concat([fake, real], axis=0), training=True))
            weights = self.discriminator.trainable_weights
            self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
            with tf.GradientTape() as tape:
                fake = self.generator(tf.random.normal((size, LATENT)), training=True)
                g_loss = self.criterion(tf.ones((size, 1)), self.discriminator(fake, training=True))
            weights = self.generator.trainable_weights
            self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
            self.d_tracker.update_state(d_loss)
            self.g_tracker.update_state(g_loss)
            return {tracker.name: tracker.result() for tracker in self.metrics}

    model = UsualGAN(*textbook_networks(size))
    model.compile(
        keras.optimizers.Adam(2e-4, beta_1=0.5),
        keras.optimizers.Adam(2e-4, beta_1=0.5),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    return lambda count: model.fit(batches(count, size), verbose=0, shuffle=False)
