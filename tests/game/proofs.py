"""Small games of other kinds than `GAN`, written with the hooks alone: what the vocabulary must be able to say."""

import keras
from keras import layers, ops

from keras_gan.game import Column, Duel, Game, Player
from keras_gan.inputs import Given, Latent, NetworkGenerator
from keras_gan.media import Images, Vectors

SHAPE = (8, 8, 1)
serialize = keras.saving.serialize_keras_object


def translator(name="source"):
    image = keras.Input(SHAPE, name=name)
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    return keras.Model(image, layers.Conv2D(1, 3, padding="same", activation="tanh")(x))


def judge(*names):
    images = {name: keras.Input(SHAPE, name=name) for name in names}
    x = layers.Concatenate()(list(images.values())) if len(names) > 1 else images[names[0]]
    x = layers.LeakyReLU()(layers.Conv2D(4, 3, 2, "same")(x))
    return keras.Model(images if len(names) > 1 else images[names[0]], layers.Conv2D(1, 3, padding="same")(x))


def dense(start, stop, name, activation=None):
    vector = keras.Input(start, name=name)
    size = 1
    for side in stop:
        size *= side
    x = layers.Dense(16, "relu")(layers.Flatten()(vector))
    return keras.Model(vector, layers.Reshape(stop)(layers.Dense(size, activation)(x)))


def pair_judge():
    image, latent = keras.Input(SHAPE, name="image"), keras.Input((4,), name="latent")
    x = layers.Concatenate()([layers.Flatten()(image), latent])
    x = layers.LeakyReLU()(layers.Dense(16)(x))
    return keras.Model({"image": image, "latent": latent}, layers.Dense(1)(x))


@keras.saving.register_keras_serializable("tests")
class TinyPix2Pix(Game):
    """Pairs: the generator is given the source, the judge sees it too, and L1 joins the loss."""

    term_names = ("l1_loss",)
    pictures = {"source": "source", "fake": "target", "target": "target"}

    def __init__(self, generator, discriminator, l1_weight=100.0, name="pix2pix", **options):
        super().__init__(name=name, **options)
        self.generator, self.discriminator, self.l1_weight = generator, discriminator, l1_weight
        self.average = self.copied_for_average(generator)

    def columns(self):
        return {"source": Column(SHAPE, Images()), "target": Column(SHAPE, Images())}

    def generators(self):
        given, made = {"source": Given("source", SHAPE)}, {"target": Images()}
        return {"generator": NetworkGenerator("generator", given, made, self.generator, self.average)}

    def players(self):
        return {"discriminator": Player([self.discriminator], judges=True), "generator": Player([self.generator])}

    def duels(self):
        return {"target": Duel("discriminator", real="target", fake="fake", context=("source",))}

    def make(self, batch, inputs, generate):
        return {"fake": generate("generator", inputs)["target"]}

    def terms(self, player, round):
        if player != "generator":
            return {}
        return {"l1_loss": self.l1_weight * ops.mean(ops.abs(round["fake"] - round["target"]))}

    def get_config(self):
        networks = {"generator": serialize(self.generator), "discriminator": serialize(self.discriminator)}
        return {**super().get_config(), **networks, "l1_weight": self.l1_weight}


@keras.saving.register_keras_serializable("tests")
class TinyCycleGAN(Game):
    """Two domains: two generators, two judges, and what comes back must be what went in."""

    term_names = ("cycle_loss",)
    pictures = {"a": "a", "fake_b": "b", "again_a": "a"}

    def __init__(self, a_to_b, b_to_a, judge_a, judge_b, cycle_weight=10.0, name="cycle_gan", **options):
        super().__init__(name=name, **options)
        self.a_to_b, self.b_to_a, self.judge_a, self.judge_b = a_to_b, b_to_a, judge_a, judge_b
        self.cycle_weight = cycle_weight
        self.average_a_to_b = self.copied_for_average(a_to_b)
        self.average_b_to_a = self.copied_for_average(b_to_a)

    def columns(self):
        return {"a": Column(SHAPE, Images()), "b": Column(SHAPE, Images())}

    def generators(self):
        return {
            f"{start}_to_{end}": NetworkGenerator(
                f"{start}_to_{end}",
                {start: Given(start, SHAPE)},
                {end: Images()},
                getattr(self, f"{start}_to_{end}"),
                getattr(self, f"average_{start}_to_{end}"),
            )
            for start, end in ("ab", "ba")
        }

    def players(self):
        return {
            "discriminator": Player([self.judge_a, self.judge_b], judges=True),
            "generator": Player([self.a_to_b, self.b_to_a]),
        }

    def duels(self):
        return {"a": Duel("judge_a", real="a", fake="fake_a"), "b": Duel("judge_b", real="b", fake="fake_b")}

    def make(self, batch, inputs, generate):
        fake_a, fake_b = generate("b_to_a", inputs)["a"], generate("a_to_b", inputs)["b"]
        again_a, again_b = generate("b_to_a", {"b": fake_b})["a"], generate("a_to_b", {"a": fake_a})["b"]
        return {"fake_a": fake_a, "fake_b": fake_b, "again_a": again_a, "again_b": again_b}

    def terms(self, player, round):
        if player != "generator":
            return {}
        errors = (ops.mean(ops.abs(round[f"again_{name}"] - round[name])) for name in "ab")
        return {"cycle_loss": self.cycle_weight * sum(errors)}

    def get_config(self):
        networks = {n: serialize(getattr(self, n)) for n in ("a_to_b", "b_to_a", "judge_a", "judge_b")}
        return {**super().get_config(), **networks, "cycle_weight": self.cycle_weight}


@keras.saving.register_keras_serializable("tests")
class TinyBiGAN(Game):
    """One duel over pairs: a picture with its code against a latent with its picture."""

    pictures = {"fake": "image"}

    def __init__(self, generator, encoder, discriminator, name="bigan", **options):
        super().__init__(name=name, **options)
        self.generator, self.encoder, self.discriminator = generator, encoder, discriminator
        self.average = self.copied_for_average(generator)
        self.average_encoder = self.copied_for_average(encoder)

    def columns(self):
        return {"image": Column(SHAPE, Images())}

    def generators(self):
        latent, image = {"latent": Latent((4,), seed=self.latent_seed)}, {"image": Given("image", SHAPE)}
        return {
            "generator": NetworkGenerator("generator", latent, {"image": Images()}, self.generator, self.average),
            "encoder": NetworkGenerator("encoder", image, {"latent": Vectors()}, self.encoder, self.average_encoder),
        }

    def players(self):
        return {
            "discriminator": Player([self.discriminator], judges=True),
            "generator": Player([self.generator, self.encoder]),
        }

    def duels(self):
        real, fake = {"image": "image", "latent": "code"}, {"image": "fake", "latent": "latent"}
        return {"pair": Duel("discriminator", real, fake, exchanged=True)}

    def make(self, batch, inputs, generate):
        return {"fake": generate("generator", inputs)["image"], "code": generate("encoder", inputs)["latent"]}

    def get_config(self):
        networks = {name: serialize(getattr(self, name)) for name in ("generator", "encoder", "discriminator")}
        return {**super().get_config(), **networks}


def pix2pix(**options):
    keras.utils.set_random_seed(7)
    return TinyPix2Pix(translator(), judge("source", "target"), seed=3, **options)


def cycle_gan(**options):
    keras.utils.set_random_seed(7)
    return TinyCycleGAN(translator("a"), translator("b"), judge("a"), judge("b"), seed=3, **options)


def bigan(**options):
    keras.utils.set_random_seed(7)
    return TinyBiGAN(dense((4,), SHAPE, "latent", "tanh"), dense(SHAPE, (4,), "image"), pair_judge(), seed=3, **options)
