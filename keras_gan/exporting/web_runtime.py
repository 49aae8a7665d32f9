"""ONNX Runtime for browsers: the files of a pinned npm package, checked by their hashes."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tarfile
import zlib
from pathlib import Path

from keras_gan.storage.caches import cache_folder
from keras_gan.storage.files import replacing, temporary_folder

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"

# SHA-256 of the files of the package's folder `dist` that a page needs which runs on the CPU: the loader, and what it
# loads. The package's other builds add WebGPU and are twice as large.
FILES = {
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
MOST = 64 * 2**20  # bytes of one file: an archive that says more is not the package
SECONDS = 300  # for npm; the package has 33 MB
WITHOUT = (
    f"Give a folder with {' and '.join(FILES)} of {PACKAGE} {VERSION} instead: `runtime=FOLDER`, or --runtime FOLDER. "
    f"They are in `dist` after: npm install {PACKAGE}@{VERSION}"
)


def runtime_files(folder: str | os.PathLike | None = None) -> dict[str, bytes]:
    """Returns the runtime's files, from a folder, or from the cache, or else from npm, which fills the cache.

    The cache is `onnxruntime-web-VERSION` within `~/.cache/keras_gan`, or within the folder that the environment
    variable KERAS_GAN_CACHE names.

    Args:
        folder: where the files are, or None for cache and npm.

    Returns:
        {name: content}, of the hashes in `FILES`.

    Raises:
        FileNotFoundError: if a file is missing in `folder`; if npm is needed and not installed.
        OSError: if npm fails or takes longer than five minutes.
        ValueError: if a file, of `folder` or of npm's package, has another hash.
    """
    if folder is not None:
        return _read(Path(folder))
    cache = cache_folder() / f"{PACKAGE}-{VERSION}"
    with contextlib.suppress(OSError, ValueError):  # not there yet, or damaged
        return _read(cache)
    with temporary_folder() as scratch:
        files = _unpacked(_packed(Path(scratch)))
    with contextlib.suppress(OSError):  # without a cache npm is asked again the next time
        for name, content in files.items():
            with replacing(cache / name) as written:
                written.write_bytes(content)
    return files


def _read(folder):
    """Returns the files of a folder, checked."""
    files = {}
    for name in FILES:
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"`runtime` must be a folder with {' and '.join(FILES)}, as in `dist` of {PACKAGE} {VERSION}. "
                f"Received: runtime={str(folder)!r}, where {name} is missing."
            )
        files[name] = (folder / name).read_bytes()
    return _checked(files, folder)


def _checked(files, source):
    """Returns the files, if their hashes are those committed."""
    for name, content in files.items():
        if (received := hashlib.sha256(content).hexdigest()) != FILES[name]:
            raise ValueError(
                f"{name} must be that of {PACKAGE} {VERSION}, SHA-256 {FILES[name]}. "
                f"Received: {received} from {source}."
            )
    return files


def _packed(scratch):
    """Has npm fetch the package; returns the archive."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError(f"The page's runtime comes from npm, which is not installed. {WITHOUT}")
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"`npm pack` must end within {SECONDS} seconds. Received: nothing. {WITHOUT}") from None
    archives = list(scratch.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        told = " ".join(done.stderr.split())[:300] or f"exit code {done.returncode}, {len(archives)} archives"
        raise OSError(f"`npm pack {PACKAGE}@{VERSION}` must fetch the package. Received: {told}. {WITHOUT}")
    return archives[0]


def _unpacked(archive):
    """Returns the files out of the package's archive, checked. They alone are read; nothing is unpacked to the disk."""
    wanted = {f"package/dist/{name}": name for name in FILES}
    files = {}
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                if member.name in wanted and member.isfile() and member.size <= MOST:
                    files[wanted[member.name]] = members.extractfile(member).read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise ValueError(f"npm's archive of {PACKAGE} must be readable. Received: {error}. {WITHOUT}") from error
    if missing := sorted(set(FILES) - set(files)):
        raise ValueError(
            f"npm's archive of {PACKAGE} must hold {' and '.join(wanted)}. Received: none of {', '.join(missing)}."
        )
    return _checked(files, "npm")
