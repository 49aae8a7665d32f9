"""How much memory there is."""

import pathlib


def memory_limit() -> float:
    """Half of the memory that is available now, in bytes; infinite where the system does not tell."""
    meminfo = pathlib.Path("/proc/meminfo")
    if not meminfo.exists():
        return float("inf")
    fields = dict(line.split(":") for line in meminfo.read_text().splitlines())
    return int(fields["MemAvailable"].split()[0]) * 1024 / 2
