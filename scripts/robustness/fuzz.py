"""Feeds damaged and hostile files to everything that reads files, and counts those that end in no clean error.

    python scripts/robustness fuzz  # 100,000 inputs, two processes
    python scripts/robustness fuzz --inputs 5000 --seed 1 --loaders config keras

Inputs are valid files with changes (`mutations.py`): bits, cuts, numbers, pieces of other files; values of JSON; parts
of archives, with checksums made right, so that the changes get past them; and configurations made up of absurd values.
An input fails if it raises anything but ValueError, TypeError or OSError, takes longer than the limit, takes more
than the allowed memory, or ends the process; on the command line, if it prints more than one line. It is kept in the
folder of failures, named after loader and number, and made again by the same seed and number.

Building a Keras model takes a tenth of a second, a folder of images or an ONNX session some milliseconds: these loaders
get fewer of the inputs (`SHARES`). Prints a line for each loader: inputs, clean errors, inputs that were accepted,
failures, and the slowest.
"""

import argparse
import collections
import multiprocessing
import os
import pathlib
import queue
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

CLEAN = (ValueError, TypeError, OSError)
SHARES = {"config": 30, "run": 14, "npz": 15, "npy": 10, "keras": 4, "onnx": 6, "sample": 6, "folder": 5, "torch": 7}
SHARES |= {"graph": 3}
SECONDS, GIGABYTES = 20, 4
CHUNK = 200  # inputs that a process is given at once
RENEWED = {"keras": 1000}  # inputs after which a process is replaced: what Keras builds leaves traces


class Hang(BaseException):
    """Is raised in what takes too long; no handler of errors takes it for one."""


class Guard:
    """Runs one input at a time under a limit of time, and says how it ended."""

    def __init__(self):
        self.hung = False
        signal.signal(signal.SIGALRM, self._stop)

    def _stop(self, *_):
        self.hung = True
        signal.alarm(1)  # a bare `except` may have caught it
        raise Hang

    def run(self, load, path):
        """Returns (how it ended, what was said, seconds)."""
        self.hung, start = False, time.monotonic()
        signal.alarm(SECONDS)
        try:
            load(path)
            ended = "accepted", ""
        except CLEAN as error:
            ended = "clean", f"{type(error).__name__}: {error}"
        except BaseException as error:
            ended = "failed", f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
        if self.hung:
            ended = "failed", f"took longer than {SECONDS} seconds"
        return (*ended, time.monotonic() - start)


def work(jobs, answers, seeds, seed):
    """What a process does: takes chunks of inputs, and tells of each when it starts and how it ended."""
    sys.stderr = sys.stdout = open(os.devnull, "w")  # noqa: SIM115  as long as the process
    os.dup2(sys.stderr.fileno(), 2)
    warnings.simplefilter("ignore")
    from fuzz_loaders import LOADERS

    guard, loaders = Guard(), {}
    with tempfile.TemporaryDirectory() as place:
        for name, numbers in iter(jobs.get, None):
            if name not in loaders:
                loaders[name] = LOADERS[name](pathlib.Path(seeds))
                limit_memory()
            for number in numbers:
                path = made(loaders[name], name, number, seed, pathlib.Path(place))
                answers.put(("started", number))
                answers.put(("ended", number, *guard.run(loaders[name].load, path)))
            answers.put(("done", None))


def made(loader, name, number, seed, place):
    """Makes the input with this number; returns its path."""
    for old in place.iterdir():
        shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    return loader.make(random.Random(f"{seed} {name} {number}"), place)


def limit_memory():
    """Allows this process so many gigabytes more than it has."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + GIGABYTES * 2**30
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


class Worker:
    """A process for one loader, and what became of its inputs."""

    def __init__(self, name, chunks, seeds, seed):
        self.name, self.chunks, self.arguments = name, collections.deque(chunks), (seeds, seed)
        self.process, self.started, self.since, self.left = None, None, time.monotonic(), []
        self.done = 0

    def _begin(self):
        context = multiprocessing.get_context("spawn")
        self.jobs, self.answers = context.Queue(), context.Queue()
        self.process = context.Process(target=work, args=(self.jobs, self.answers, *self.arguments), daemon=True)
        self.process.start()
        self.done = 0

    def _next(self):
        if not self.left:
            if not self.chunks:
                return False
            self.left = list(self.chunks.popleft())
        if self.process is not None and self.done >= RENEWED.get(self.name, sys.maxsize):
            self.end()
        if self.process is None:
            self._begin()
        self.jobs.put((self.name, list(self.left)))
        return True

    def results(self):
        """Yields (number, how it ended, what was said, seconds) of all inputs."""
        while self._next():
            self.since = time.monotonic()
            while self.left:
                try:
                    kind, number, *ended = self.answers.get(timeout=1)
                except queue.Empty:
                    yield from self._looked_after()
                    if self.process is None:
                        break
                    continue
                self.since = time.monotonic()
                if kind == "ended":
                    self.started = None
                    self.left.remove(number)
                    self.done += 1
                    yield (number, *ended)
                elif kind == "started":
                    self.started = number
        self.end()

    def _looked_after(self):
        """Yields a failure if the process has ended, or has said nothing for much longer than the limit."""
        stuck = self.started is not None and time.monotonic() - self.since > 2 * SECONDS
        if self.process.is_alive() and not stuck:
            return
        self.process.kill()
        self.process.join()
        number = self.left[0] if self.started is None else self.started
        self.left.remove(number)
        said = "did not end" if stuck else f"ended the process: {self.process.exitcode}"
        self.process, self.started = None, None
        yield number, "failed", said, time.monotonic() - self.since

    def end(self):
        """Ends the process."""
        if self.process is not None:
            self.jobs.put(None)
            self.process.join(10)
            self.process.kill()
            self.process = None


def fuzzed(name, count, seeds, seed, failures, first=0):
    """Feeds inputs to a loader; returns the row of the table."""
    from fuzz_loaders import LOADERS

    numbers = range(first, first + count)
    worker = Worker(name, [numbers[i : i + CHUNK] for i in range(0, count, CHUNK)], seeds, seed)
    row, slowest = collections.Counter(), (0.0, None)
    for number, ended, said, seconds in worker.results():
        row[ended] += 1
        slowest = max(slowest, (seconds, number))
        if ended == "failed":
            kept = failures / f"{name}_{number}"
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir(parents=True)
            (failures / f"{name}_{number}.txt").write_text(f"seed {seed}, {name} {number}: {said}\n")
            try:
                LOADERS[name](pathlib.Path(seeds)).make(random.Random(f"{seed} {name} {number}"), kept)
            except Exception as error:  # a fault of the mutations themselves ends the process, too
                said += f"; it could not be made again: {error}"
            print(f"{name} {number}: {said[:300]}", flush=True)
    return name, count, row, slowest


def shared_out(inputs, names):
    """Returns {loader: number of inputs}."""
    whole = sum(SHARES[name] for name in names)
    return {name: max(1, round(inputs * SHARES[name] / whole)) for name in names}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="of all loaders together (default: 100,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loaders", nargs="+", choices=SHARES, default=list(SHARES))
    parser.add_argument("--first", type=int, default=0, help="number of the first input, to make one again")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--failures", type=pathlib.Path, default=pathlib.Path("runs/fuzz_failures"))
    options = parser.parse_args(arguments)
    from concurrent.futures import ThreadPoolExecutor

    from fuzz_loaders import make_seeds

    began, total = time.monotonic(), collections.Counter()
    with tempfile.TemporaryDirectory() as seeds:
        make_seeds(pathlib.Path(seeds), options.loaders)
        counts = sorted(shared_out(options.inputs, options.loaders).items(), key=lambda item: -COST[item[0]] * item[1])
        with ThreadPoolExecutor(options.processes) as pool:
            rows = [
                pool.submit(fuzzed, name, count, seeds, options.seed, options.failures, options.first)
                for name, count in counts
            ]
            print(f"{'loader':<9}{'inputs':>9}{'clean':>9}{'accepted':>10}{'failures':>10}   slowest", flush=True)
            for row in rows:
                name, count, ended, (seconds, number) = row.result()
                total.update(ended)
                shown = f"{ended['clean']:>9,}{ended['accepted']:>10,}{ended['failed']:>10,}"
                print(f"{name:<9}{count:>9,}{shown}   {seconds:.2f} s ({number})", flush=True)
    shown = f"{total['clean']:>9,}{total['accepted']:>10,}{total['failed']:>10,}"
    print(f"{'all':<9}{total.total():>9,}{shown}   {time.monotonic() - began:.0f} s in all")
    return 1 if total["failed"] else 0


COST = {"keras": 50, "folder": 20, "onnx": 8, "sample": 8, "graph": 2, "torch": 1, "config": 2, "run": 4}
COST |= {"npz": 3, "npy": 2}

if __name__ == "__main__":
    sys.exit(main())
