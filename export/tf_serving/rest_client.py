"""Asks a TF Serving server for pictures over REST, with NumPy, Pillow and the standard library.

python rest_client.py --seeds 0-15 --out grid.png
"""

import argparse
import base64
import http.client
import json
import math
import sys
import urllib.parse

import numpy as np

BATCH = 64  # rows in a request: max_batch_size of batching.txt


class ServerError(Exception):
    """What a server answers instead of pictures."""


class Client:
    """A generator on a server. One client is for one thread: it keeps its connection.

    Args:
        url: where the server's REST interface is.
        model: name of the model there.
        version: its number, or None for the newest.
        timeout: seconds that an answer may take.
    """

    def __init__(self, url="http://localhost:8501", model="generator", version=None, timeout=30.0):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url must be like http://localhost:8501, not {url}")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(parts.hostname, parts.port, timeout=timeout)
        self.path = f"{parts.path.rstrip('/')}/v1/models/{urllib.parse.quote(model)}"
        self.path += "" if version is None else f"/versions/{version}"

    def call(self, path="", body=None):
        """Sends one request; returns the JSON of the answer, or raises ServerError."""
        request = ("GET", self.path + path, None) if body is None else ("POST", self.path + path, json.dumps(body))
        used = self.connection.sock is not None
        try:
            answer, content = self._exchange(request)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not used:
                raise
            answer, content = self._exchange(request)  # the server had closed the connection in the meantime
        try:
            found = json.loads(content)
        except ValueError:
            found = {"error": content.decode(errors="replace")}
        if answer.status != 200:
            raise ServerError(f"{answer.status}: {found.get('error', found)}")
        return found

    def _exchange(self, request):
        try:
            self.connection.request(*request, headers={"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            return answer, answer.read()
        except Exception:
            self.connection.close()  # the next request opens it again
            raise

    def versions(self):
        """Returns {number: state}; a version that can be asked is AVAILABLE."""
        return {int(found["version"]): found["state"] for found in self.call()["model_version_status"]}

    def inputs(self, signature):
        """Returns the inputs of a signature: {name: (dtype, shape)}, with -1 for the batch."""
        signatures = self.call("/metadata")["metadata"]["signature_def"]["signature_def"]
        if signature not in signatures:
            raise ServerError(f"the generator has no signature {signature}")
        return {
            name: (tensor["dtype"], [int(axis["size"]) for axis in tensor["tensor_shape"].get("dim", [])])
            for name, tensor in signatures[signature]["inputs"].items()
        }

    def predict(self, signature, **inputs):
        """Asks a signature; inputs are arrays with one row a picture. Returns the output as nested lists."""
        values = {name: np.asarray(value).tolist() for name, value in inputs.items()}
        return self.call(":predict", {"signature_name": signature, "inputs": values})["outputs"]

    def sample(self, seeds, labels=None, truncation=None):
        """Draws one picture for each seed.

        Args:
            seeds: whole numbers; one gives the same picture, to a grey level, in any request.
            labels: as many class numbers, for a generator with labels.
            truncation: number > 0: less variety, more typical pictures; None for none.

        Returns:
            uint8 array (count, height, width, channels).
        """
        inputs = {"seed": np.asarray(seeds, "int64")} | (
            {} if labels is None else {"label": np.asarray(labels, "int32")}
        )
        if truncation is not None:
            inputs["truncation"] = np.full(len(seeds), truncation, "float32")
        signature = "sample" if truncation is None else "sample_truncated"
        parts = ({k: v[i : i + BATCH] for k, v in inputs.items()} for i in range(0, len(seeds), BATCH))
        return np.concatenate([np.asarray(self.predict(signature, **part), "uint8") for part in parts])

    def png(self, latents, labels=None):
        """Draws one picture for each latent, and label; returns the contents of PNG files."""
        inputs = {"latent": np.asarray(latents)} | ({} if labels is None else {"label": np.asarray(labels)})
        return [base64.b64decode(file["b64"]) for file in self.predict("png", **inputs)]


def numbers(text):
    """Reads "0-3,8" as [0, 1, 2, 3, 8]."""
    found = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        found += range(int(first), int(last) + 1)[:10_001] if dash else [int(first)]
    if not 0 < len(found) <= 10_000:
        raise ValueError(f"{text} are {len(found)} numbers, not 1 to 10000")
    return found


def grid(images, gap=2, smallest=64):
    """Lays images out on a white sheet, as square as it gets; narrower ones than `smallest` pixels are enlarged."""
    from PIL import Image

    factor, columns = math.ceil(smallest / images.shape[2]), math.ceil(math.sqrt(len(images)))
    margins = [(0, -len(images) % columns), (gap, 0), (gap, 0), (0, 0)]
    images = np.pad(images.repeat(factor, 1).repeat(factor, 2), margins, constant_values=255)
    _, height, width, channels = images.shape
    sheet = images.reshape(-1, columns, height, width, channels).swapaxes(1, 2).reshape(-1, columns * width, channels)
    sheet = np.pad(sheet, [(0, gap), (0, gap), (0, 0)], constant_values=255)
    return Image.fromarray(sheet[..., 0] if channels == 1 else sheet)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Draws pictures on a TF Serving server, over REST.")
    parser.add_argument("--url", default="http://localhost:8501", help="the server (default: %(default)s)")
    parser.add_argument("--model", default="generator", help="name of the model there (default: %(default)s)")
    parser.add_argument("--version", type=int, help="version of the model (default: the newest)")
    parser.add_argument("--seeds", type=numbers, default="0-15", help="one for each picture (default: %(default)s)")
    parser.add_argument("--labels", type=numbers, help="classes, in turn, of a generator with labels: 3 or 0-9")
    parser.add_argument("--truncation", type=float, help="cut latents off there (default: not)")
    parser.add_argument("--out", default="grid.png", help="picture to write (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        client = Client(options.url, options.model, options.version)
        taken = sorted(set(client.inputs("sample")) - {"seed"})
        if set(taken) - {"label"}:
            raise ValueError(f"this program gives seeds and labels; the generator also takes {', '.join(taken)}")
        if options.labels is None and taken:
            raise ValueError("this generator draws classes: say which with --labels, as --labels 0-9")
        labels = options.labels and [options.labels[i % len(options.labels)] for i in range(len(options.seeds))]
        images = client.sample(options.seeds, labels, options.truncation)
        grid(images).save(options.out)
    except (OSError, ValueError, ServerError, http.client.HTTPException) as error:
        print(f"rest_client.py: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
        return 2
    print(f"{len(images)} pictures of {'x'.join(map(str, images.shape[1:]))}: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
