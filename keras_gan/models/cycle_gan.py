import keras
from keras import ops

from keras_gan.arguments import check_whole, checked_number
from keras_gan.game import Column, Duel, Game, Player, inspection
from keras_gan.inputs import Given, NetworkGenerator
from keras_gan.layers import ImagePool
from keras_gan.media import Images

serialize = keras.saving.serialize_keras_object
NETWORKS = ("a_to_b", "b_to_a", "judge_a", "judge_b")


@keras.saving.register_keras_serializable("keras_gan")
class CycleGAN(Game):
    """Translates pictures between two domains, a and b, without pairs: horses and zebras, photographs and paintings.

    Two generators translate, two judges say what belongs to their domain, and what is translated there and back must be
    what it was. Besides their adversarial losses the generators minimise, with the mean absolute difference |.|,

        cycle_loss:    cycle_weight * (|b_to_a(a_to_b(a)) - a| + |a_to_b(b_to_a(b)) - b|)
        identity_loss: identity_weight * cycle_weight * (|b_to_a(a) - a| + |a_to_b(b) - b|)

    Judges learn from fakes of earlier steps, too (`keras_gan.layers.ImagePool`). Batches hold `a` and `b`
    (`keras_gan.data.domains`); `fit(a, b)` takes arrays. `generators()` are `a_to_b` and `b_to_a`; `gan.translate(a)`
    uses the first, `gan.translate(b, "b_to_a")` the other.

    Args:
        a_to_b: `keras.Model`, pictures of a `(batch, height, width, channels)` in [-1, 1] -> pictures of b, such as
            `keras_gan.networks.ResnetGenerator`.
        b_to_a: `keras.Model`, the other way.
        judge_a: `keras.Model`, pictures of a -> logits, such as `keras_gan.networks.PatchGAN`.
        judge_b: `keras.Model`, pictures of b -> logits.
        cycle_weight: float >= 0, the paper's lambda. Defaults to 10, the paper's.
        identity_weight: float >= 0, as a share of `cycle_weight`. Defaults to 0.5, the paper's for paintings; the
            domains need as many channels as each other, or the weight 0.
        pool_size: int >= 0, fakes of earlier steps kept for each judge. Defaults to 50, the paper's.
        name: str, name of the model.
        options: those of `keras_gan.game.Game`.

    Raises:
        TypeError: if a network is not a `keras.Model`.
        ValueError: if the networks do not fit each other, a weight is negative, or the domains differ in shape with an
            `identity_weight` above 0.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> def networks(make, **arguments):
    ...     return [make((16, 16, 1), filters=4, **arguments) for _ in range(2)]
    >>> gan = kg.CycleGAN(
    ...     *networks(kg.networks.ResnetGenerator, blocks=1), *networks(kg.networks.PatchGAN, stages=1), pool_size=4)
    >>> gan.translate(np.zeros((2, 16, 16, 1), "uint8"), "b_to_a").shape
    (2, 16, 16, 1)

    Reference:
        Zhu et al. 2017, arXiv:1703.10593, equations 1 to 3, section 5.2 for identity and section 4 for the pool.
        Deviation: identity is on by default.
    """

    term_names = ("cycle_loss", "identity_loss")
    pictures = {"a": "a", "fake_b": "b", "again_a": "a", "b": "b", "fake_a": "a", "again_b": "b"}

    def __init__(
        self,
        a_to_b,
        b_to_a,
        judge_a,
        judge_b,
        cycle_weight=10.0,
        identity_weight=0.5,
        pool_size=50,
        name="cycle_gan",
        **options,
    ):
        super().__init__(name=name, **options)
        self.shapes = {"a": inspection.single_input(a_to_b, "a_to_b"), "b": inspection.single_input(b_to_a, "b_to_a")}
        for role, network, end in (("a_to_b", a_to_b, "b"), ("b_to_a", b_to_a, "a")):
            if (made := inspection.output_shape(network, role)) != self.shapes[end]:
                raise ValueError(
                    f"`{role}` must make what the other generator takes, {self.shapes[end]}. Received: {made}."
                )
        inspection.check_judge(judge_a, "judge_a", {"a": self.shapes["a"]})
        inspection.check_judge(judge_b, "judge_b", {"b": self.shapes["b"]})
        inspection.check_activations({"judge_a": judge_a, "judge_b": judge_b}, {"a_to_b": a_to_b, "b_to_a": b_to_a})
        self.cycle_weight = checked_number("cycle_weight", cycle_weight, least=0)
        self.identity_weight = checked_number("identity_weight", identity_weight, least=0)
        check_whole("pool_size", pool_size, least=0)
        if self.identity_weight and self.shapes["a"] != self.shapes["b"]:
            raise ValueError(
                "`identity_weight` above 0 needs domains of one shape. "
                f"Received: {self.shapes['a']} and {self.shapes['b']}. Use identity_weight=0."
            )
        self.pool_size = pool_size
        self.a_to_b, self.b_to_a, self.judge_a, self.judge_b = a_to_b, b_to_a, judge_a, judge_b
        self.average_a_to_b, self.average_b_to_a = map(self.copied_for_average, (a_to_b, b_to_a))
        seeds = (None, None) if self.seed is None else (self.seed + 2, self.seed + 3)
        self.pool_a, self.pool_b = (
            ImagePool(self.shapes[domain], pool_size, seed, name=f"pool_{domain}")
            for domain, seed in zip("ab", seeds, strict=True)
        )

    def columns(self):
        return {domain: Column(shape, Images()) for domain, shape in self.shapes.items()}

    def generators(self):
        def generator(start, end):
            name = f"{start}_to_{end}"
            given, network, average = (
                Given(start, self.shapes[start]),
                getattr(self, name),
                getattr(self, f"average_{name}"),
            )
            return NetworkGenerator(name, {start: given}, {end: Images()}, network, average)

        return {"a_to_b": generator("a", "b"), "b_to_a": generator("b", "a")}

    def players(self):
        return {
            "discriminator": Player([self.judge_a, self.judge_b], judges=True),
            "generator": Player([self.a_to_b, self.b_to_a]),
        }

    def duels(self):
        return {
            "a": Duel("judge_a", real="a", fake="fake_a", history=self.pool_a),
            "b": Duel("judge_b", real="b", fake="fake_b", history=self.pool_b),
        }

    def make(self, batch, inputs, generate):
        def to_a(images):
            return generate("b_to_a", {"b": images})["a"]

        def to_b(images):
            return generate("a_to_b", {"a": images})["b"]

        a, b = batch["a"], batch["b"]
        fake_a, fake_b = to_a(b), to_b(a)
        made = {"fake_a": fake_a, "fake_b": fake_b, "again_a": to_a(fake_b), "again_b": to_b(fake_a)}
        same = {"same_a": to_a(a), "same_b": to_b(b)} if self.identity_weight else {}
        return {**made, **same}

    def terms(self, player, round):
        if player != "generator":
            return {}

        def error(name):
            differences = (ops.mean(ops.abs(round[f"{name}_{domain}"] - round[domain])) for domain in "ab")
            return sum(differences)

        identity = self.identity_weight * error("same") if self.identity_weight else ops.zeros(())
        return {"cycle_loss": self.cycle_weight * error("again"), "identity_loss": self.cycle_weight * identity}

    def get_config(self):
        return {
            **super().get_config(),
            **{name: serialize(getattr(self, name)) for name in NETWORKS},
            "cycle_weight": self.cycle_weight,
            "identity_weight": self.identity_weight,
            "pool_size": self.pool_size,
        }
