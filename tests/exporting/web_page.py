"""What the tests of the page of `to_web` share: small GANs, a server of files, what is seen in the browser."""

import contextlib
import functools
import http.server
import io
import threading

import keras
import numpy as np
from keras import layers
from PIL import Image

import keras_gan as kg
from keras_gan.inputs import Given, NetworkGenerator

NAMES = ["bag", "shoe", "a coat for the winter, long and warm"]
DRAW = "async ([latents, labels, codes]) => Array.from(await kerasGAN.draw(latents, labels, codes))"
LATENTS = "async ([name, values]) => (await import('./latents.js'))[name](...values)"


def labelled():
    generator = kg.networks.DCGANGenerator((8, 8, 1), latent_dim=20, filters=4, num_classes=3)
    return kg.GAN(generator, kg.networks.DCGANDiscriminator((8, 8, 1), filters=4, num_classes=3))


def plain():
    return kg.GAN(
        kg.networks.MLPGenerator((8, 6, 3), latent_dim=6, units=(8,)), kg.networks.MLPDiscriminator((8, 6, 3), (4,))
    )


def infogan():
    return kg.InfoGAN(
        kg.networks.MLPGenerator((66, 68, 3), latent_dim=6, units=(8,), code_dim=9),
        kg.networks.MLPDiscriminator((66, 68, 3), units=(4,)),
        kg.networks.MLPRecognizer((66, 68, 3), units=(4,), code_dim=9),
        categories=(4, 3),
        continuous=2,
        latent="uniform",
    )


def translating():
    """A game whose second generator is given colour, of another size than the grey it makes."""
    source = keras.Input((8, 12, 3), name="b")
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(source)
    network = keras.Model(source, layers.Conv2D(1, 3, 2, padding="same", activation="tanh")(x))
    given, made = {"b": Given("b", (8, 12, 3))}, {"a": kg.media.Images()}
    return NetworkGenerator("b_to_a", given, made, network)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def served(folder):
    """Serves a folder as `python -m http.server` does; gives the address."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def pixels_of(page, selector):
    """The pixels of a canvas: uint8 (height, width, 4)."""
    numbers, height, width = page.locator(selector).evaluate("""canvas => {
        const { width, height } = canvas, copy = new OffscreenCanvas(width, height).getContext("2d");
        copy.drawImage(canvas, 0, 0);
        return [Array.from(copy.getImageData(0, 0, width, height).data), height, width];
    }""")
    return np.array(numbers, "uint8").reshape(height, width, 4)


def assert_shows(page, selector, image, atol=0):
    """Fails unless a canvas comes to show an image (height, width, channels)."""
    for _ in range(100):
        found = pixels_of(page, selector)[..., : image.shape[-1]].astype(int)
        if np.abs(found - image).max() <= atol:
            return
        page.wait_for_timeout(100)
    np.testing.assert_allclose(found, image, atol=atol)


def drawn(page, gan, latents, labels=None, codes=None):
    """What the page's generator draws: uint8 (count, height, width, channels)."""
    values = [None if v is None else np.asarray(v).ravel().tolist() for v in (latents, labels, codes)]
    return np.array(page.evaluate(DRAW, values), "uint8").reshape(-1, *gan.image_shape)


def latents_of(page, gan, seed, count):
    """The latents that the page draws from a seed."""
    found = page.evaluate(LATENTS, ["drawLatents", [seed, count, gan.latent_shape[0], gan.latent]])
    return np.array(found, "float32").reshape(count, -1)


def saved(page, button):
    """Presses a button that saves a picture; returns its name and it."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    with open(download.value.path(), "rb") as file:
        content = file.read()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return download.value.suggested_filename, np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
