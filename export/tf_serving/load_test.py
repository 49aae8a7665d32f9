"""Measures what a TF Serving server on this machine bears: throughput, and how long requests take, over REST.

python load_test.py --requests 200 --concurrency 4

It ends after so many requests or seconds, whatever comes first. Test servers of your own only.
"""

import argparse
import concurrent.futures
import http.client
import itertools
import sys
import time

import numpy as np
from rest_client import BATCH, Client, ServerError

FAILURES = (OSError, ServerError, http.client.HTTPException)
SIGNATURES = ("sample", "sample_truncated", "png", "uint8", "serving_default", "translate")


def inputs_for(described, rows, label, random):
    """Makes inputs of a signature: {name: array of `rows` rows}."""

    def value(name, dtype, shape):
        if name == "label":
            return np.full(rows, label)
        if name == "seed":
            return random.integers(2**31, size=rows)
        if name == "truncation":
            return np.full(rows, 0.7)
        if dtype == "DT_UINT8":
            return random.integers(256, size=(rows, *shape[1:]))
        return random.standard_normal((rows, *shape[1:])).astype("float32")

    return {name: value(name, *kind) for name, kind in described.items()}


def measure(make_client, signature, requests, seconds, concurrency, rows, label=0):
    """Sends requests, `concurrency` at a time.

    Returns:
        (seconds it took, seconds of each request that was answered, messages of those that were not)
    """
    described = make_client().inputs(signature)
    make_client().predict(signature, **inputs_for(described, rows, label, np.random.default_rng(0)))  # an early error
    numbers, start = itertools.count(), time.perf_counter()

    def work(worker):
        client, random, latencies, errors = make_client(), np.random.default_rng(worker), [], []
        while next(numbers) < requests and time.perf_counter() - start < seconds:
            inputs = inputs_for(described, rows, label, random)
            began = time.perf_counter()
            try:
                client.predict(signature, **inputs)
                latencies.append(time.perf_counter() - began)
            except FAILURES as error:
                errors.append(str(error) or type(error).__name__)
        return latencies, errors

    with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
        parts = list(pool.map(work, range(concurrency)))
    took = time.perf_counter() - start
    return took, *(list(itertools.chain(*lists)) for lists in zip(*parts, strict=True))


def report(took, latencies, errors, rows):
    """Returns what was measured, as text."""
    lines = [f"{len(latencies)} requests answered, {len(errors)} failed, in {took:.1f} s"]
    if latencies:
        rate = len(latencies) / took
        lines.append(f"throughput    {rate:.1f} requests/s, {rate * rows:.1f} pictures/s")
        points = {f"p{share}": np.percentile(latencies, share) for share in (50, 90, 99)} | {"most": max(latencies)}
        lines.append("latency in ms " + "  ".join(f"{name} {1e3 * value:.1f}" for name, value in points.items()))
    return "\n".join([*lines, *(f"failed: {message}" for message in sorted(set(errors))[:3])])


def between(lowest, highest, kind=int):
    """Returns a function that reads a number in this range."""

    def read(text):
        if not lowest <= kind(text) <= highest:
            raise argparse.ArgumentTypeError(f"must be from {lowest} to {highest}, not {text}")
        return kind(text)

    return read


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Measures a TF Serving server of your own, over REST.")
    parser.add_argument("--url", default="http://localhost:8501", help="the server (default: %(default)s)")
    parser.add_argument("--model", default="generator", help="name of the model there (default: %(default)s)")
    parser.add_argument("--signature", choices=SIGNATURES, default="sample", help="what to ask (default: %(default)s)")
    parser.add_argument("--requests", type=between(1, 100_000), default=200, help="at most (default: %(default)s)")
    parser.add_argument("--seconds", type=between(0, 600, float), default=20, help="at most (default: %(default)s)")
    parser.add_argument("--concurrency", type=between(1, 64), default=4, help="at a time (default: %(default)s)")
    parser.add_argument("--rows", type=between(1, BATCH), default=1, help="pictures a request (default: %(default)s)")
    parser.add_argument("--label", type=int, default=0, help="class, of a generator with labels (default: %(default)s)")
    options = parser.parse_args(arguments)
    limits = (options.requests, options.seconds, options.concurrency, options.rows, options.label)
    try:
        found = measure(lambda: Client(options.url, options.model), options.signature, *limits)
    except (ValueError, *FAILURES) as error:
        print(f"load_test.py: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
        return 2
    print(f"{options.signature}, {options.rows} pictures a request, {options.concurrency} requests at a time")
    print(report(*found, options.rows))
    return 1 if found[2] else 0


if __name__ == "__main__":
    sys.exit(main())
