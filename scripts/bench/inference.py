"""Times the ways of drawing images from a trained generator, from seed to uint8, against a bare tf.function.

    python scripts/bench inference [--rounds 15] [--network 28]

All run in one process, in short turns whose order is drawn anew each round, so that a slow second of the machine falls
on all alike; ratios are medians over the rounds. A call draws latents with NumPy, makes images and turns them into
uint8. LiteRT only where `ai-edge-litert` is installed. Aims: `gan.sample` takes at most 1.15 times as long as the bare
tf.function, and ONNX Runtime draws one image at least 2.5 times as fast. Other programs on the machine cost those that
use several threads most.
"""

import os
import random
import statistics
import tempfile
import time

import machine

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BATCHES = {1: (20, 3), 64: (1, 1)}  # {batch size: (calls in a turn, turns in a round)}
SLOW = "Keras predict"  # 35 ms and more a call, whatever it does: one call a turn
REFERENCE = "bare tf.function"
AIMS = {  # {side: (times as fast as the reference, at which batches)}
    "gan.sample": (1 / 1.15, (1, 64)),
    "ONNX Runtime, 1 thread": (2.5, (1,)),
    "ONNX Runtime, 2 threads": (2.5, (1,)),
}


def networks():
    import keras_gan as kg

    return {
        "DCGAN 28": lambda: kg.networks.DCGANGenerator((28, 28, 1)),
        "DCGAN 64": lambda: kg.networks.DCGANGenerator((64, 64, 3)),
    }


def sides(gan, folder):
    """Returns {name: function (count, seed) -> uint8 images}."""
    import tensorflow as tf

    from keras_gan import exporting
    from keras_gan.exporting.litert import litert_runner, to_litert
    from keras_gan.exporting.onnx import onnx_session
    from keras_gan.exporting.saved_model import saved_model_runner
    from keras_gan.media import to_uint8

    network = gan.ema_generator
    function = tf.function(lambda latent: network(latent, training=False), reduce_retracing=True)
    onnx = exporting.to_onnx(gan, f"{folder}/generator.onnx")
    saved_model = saved_model_runner(exporting.to_saved_model(gan, f"{folder}/1"))
    sessions = {threads: onnx_session(onnx, threads) for threads in (1, 2)}
    draws = {
        REFERENCE: lambda latent: function(tf.constant(latent)).numpy(),
        SLOW: lambda latent: network.predict(latent, batch_size=len(latent), verbose=0),
        "Keras predict_on_batch": network.predict_on_batch,
        "SavedModel": lambda latent: saved_model({"latent": latent})["image"],
        "ONNX Runtime, 1 thread": lambda latent: sessions[1].run(["image"], {"latent": latent})[0],
        "ONNX Runtime, 2 threads": lambda latent: sessions[2].run(["image"], {"latent": latent})[0],
    }
    try:
        import ai_edge_litert  # noqa: F401
    except ImportError:
        print("LiteRT is left out. Run: pip install ai-edge-litert")
    else:
        runners = [litert_runner(to_litert(gan, f"{folder}/generator.tflite"), threads) for threads in (1, 2)]
        draws["LiteRT, 1 thread"] = lambda latent: runners[0]({"latent": latent})["image"]
        draws["LiteRT, 2 threads"] = lambda latent: runners[1]({"latent": latent})["image"]
    fair = {
        name: lambda count, seed, draw=draw: to_uint8(draw(gan.fixed_inputs(count, seed)["latent"]))
        for name, draw in draws.items()
    }
    return {"gan.sample": gan.sample, **fair}


def seconds_per_call(side, batch, calls):
    start = time.perf_counter()
    for seed in range(calls):
        side(batch, seed)
    return (time.perf_counter() - start) / calls


def row(case, name, times, reference, aim):
    ratio = statistics.median(other / own for other, own in zip(reference, times, strict=True))
    return {
        "case": case,
        "side": name,
        "milliseconds": 1000 * statistics.median(times),
        "min": 1000 * min(times),
        "max": 1000 * max(times),
        "times as fast": ratio,
        **({} if aim is None else {"aim": aim, "met": ratio >= aim}),
    }


def inference_rows(rounds=15, only=""):
    """Returns one row per network, batch size and side; "times as fast" is against the bare tf.function."""
    import numpy as np

    import keras_gan as kg

    rows, order = [], random.Random(0)
    for network, make in networks().items():
        if only not in network:
            continue
        generator = make()
        gan = kg.GAN(generator, kg.networks.MLPDiscriminator(generator.output_shape[1:], (4,)))
        with tempfile.TemporaryDirectory() as folder:
            drawing = sides(gan, folder)
            for batch, (calls, turns) in BATCHES.items():
                expected = drawing[REFERENCE](batch, 0).astype("int")
                for name, side in drawing.items():  # also the warm-up
                    if np.abs(side(batch, 0) - expected).max() > 1:
                        raise ValueError(f"All sides must draw the same. Received: other images from {name}.")
                found = {name: [] for name in drawing}
                for _ in range(rounds * turns):
                    for name in order.sample(list(drawing), len(drawing)):
                        found[name].append(seconds_per_call(drawing[name], batch, 1 if name == SLOW else calls))
                case = f"{network}, batch {batch}"
                for name, times in found.items():
                    aim, batches = AIMS.get(name, (None, ()))
                    rows.append(row(case, name, times, found[REFERENCE], aim if batch in batches else None))
    return rows


def report(rows):
    case = None
    for line in rows:
        if line["case"] != case:
            case = line["case"]
            print(f"\n{case:28}{'ms a call':>12}{'min..max':>18}  times as fast as a {REFERENCE}")
        spread = f"{line['min']:.4g}..{line['max']:.4g}"
        aim = f"   (aim {line['aim']:.2f}{'' if line['met'] else ', missed'})" if "aim" in line else ""
        print(f"  {line['side']:26}{line['milliseconds']:>12.4g}{spread:>18}{line['times as fast']:>12.2f}x{aim}")


def main():
    parser = machine.parser(__doc__, rounds=15)
    parser.add_argument("--network", default="", help="only networks whose name holds this")
    arguments = parser.parse_args()
    facts = machine.facts("keras", "tensorflow", "onnxruntime", "ai-edge-litert", "numpy")
    rows = inference_rows(arguments.rounds, arguments.network)
    report(rows)
    machine.write(arguments.json, facts, rows)


if __name__ == "__main__":
    main()
