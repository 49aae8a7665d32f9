"""Measures sides in turn, so that a slow minute of the machine falls on all of them alike."""

import multiprocessing
import os
import random
import statistics
import time


def worker(prepare, connection):
    """Runs in the process of one side: prepares it, then runs as many steps as the connection asks for."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # TensorFlow's start-up notes; errors go through the connection
    try:
        run = prepare()
        run(3)
    except ImportError as error:
        connection.send(f"not installed: {error.name}")
        return
    except Exception as error:
        connection.send(f"failed: {error!r}")
        return
    connection.send(None)
    while (count := connection.recv()) is not None:
        start, cpu = time.perf_counter(), time.process_time()
        run(count)
        connection.send((time.perf_counter() - start, time.process_time() - cpu))


def in_turn(sides, count, rounds):
    """Returns {side: [(seconds, CPU seconds) of each round]}, or {side: reason} where it could not be prepared."""
    context = multiprocessing.get_context("spawn")
    found, alive = {}, {}
    for name, prepare in sides.items():
        ours, theirs = context.Pipe()
        process = context.Process(target=worker, args=(prepare, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            problem = ours.recv()
        except EOFError:
            problem = "its process died"
        if problem:
            found[name] = problem
        else:
            alive[name], found[name] = ours, []
    order = random.Random(0)
    for _ in range(rounds):
        # In a new order each round: some libraries' threads go on spinning for a while after their turn.
        for name, connection in order.sample(list(alive.items()), len(alive)):
            connection.send(count)
            found[name].append(connection.recv())
    for connection in alive.values():
        connection.send(None)
    return found


def report(title, found, reference, unit, per):
    """Prints one row per side, and returns the table.

    A row has the median rate, the spread, the CPU time and the median over the rounds of reference time / its time.
    """
    print(f"\n{title}\n  {'':34}{unit:>12}{'min..max':>18}{'CPU':>10}{f'{reference} is':>16}")
    rows = []
    for name, times in found.items():
        if isinstance(times, str):
            print(f"  {name:34}{times}")
            rows.append({"side": name, "problem": times})
            continue
        rates = [per(seconds) for seconds, _ in times]
        ours = found[reference]
        ratio = statistics.median(other / own for (own, _), (other, _) in zip(ours, times, strict=True))
        cpu = statistics.median(used / seconds for seconds, used in times)
        row = {"side": name, "median": statistics.median(rates), "min": min(rates), "max": max(rates), "cores": cpu}
        rows.append({**row, f"{reference} is times as fast": ratio})
        spread = f"{min(rates):.4g}..{max(rates):.4g}"
        print(f"  {name:34}{row['median']:>12.4g}{spread:>18}{cpu:>9.2f}c{ratio:>14.3f}x")
    return {"title": title, "unit": unit, "rows": rows}


def timed_in_turn(sides, arguments, rounds):
    """Calls each side once to warm up, then once per round, in this process; returns {side: [what `timed` returns]}."""
    for side in sides.values():
        side(*arguments)
    found = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            found[name].append(timed(side, arguments))
    return found


def timed(side, arguments):
    """Returns (seconds, CPU seconds, the result)."""
    start, cpu = time.perf_counter(), time.process_time()
    result = side(*arguments)
    return time.perf_counter() - start, time.process_time() - cpu, result


def row(name, times, reference, case):
    """Returns the numbers of one side, as a row of the table; `times` and `reference` are lists from `timed`."""
    seconds = [taken for taken, _, _ in times]
    ratio = statistics.median(other / own for (own, _, _), (other, _, _) in zip(reference, times, strict=True))
    return {
        "case": case,
        "side": name,
        "median": statistics.median(seconds),
        "min": min(seconds),
        "max": max(seconds),
        "cpu": statistics.median(used for _, used, _ in times),
        "value": times[-1][2],
        "keras_gan is times as fast": ratio,
    }
