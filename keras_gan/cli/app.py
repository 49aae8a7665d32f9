"""The command line `keras-gan`."""

import contextlib
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_gan import exporting
from keras_gan.cli import evaluating, scores, signals, train, words
from keras_gan.evaluation.setup import EXTRACTORS, METRICS
from keras_gan.media import pictures
from keras_gan.recipes.recipe import named, names
from keras_gan.runs.run import Run
from keras_gan.version import __version__


class Commands(typer.core.TyperGroup):
    """The commands, of which `train` has the options of the recipe that is typed."""

    def resolve_command(self, context: Any, typed: list[str]) -> tuple[str | None, Any, list[str]]:
        words.check_known(typed[0], self.commands, "command", "keras-gan --help")
        name, command, typed = super().resolve_command(context, typed)
        return name, train.command_for(typed) if name == "train" else command, typed


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Train GANs, look at what they draw, and carry the generator out. Start with: [bold]keras-gan train[/bold]",
)

IN_PYTHON = ('`bad_files="skip"`', "--skip-bad-files")  # a mend as Python's users read it, and as it is typed here
FORMATS = exporting.FORMATS

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A folder made by [bold]keras-gan train[/bold].")]
SkipBadFiles = Annotated[bool, typer.Option("--skip-bad-files", help="Leave out files that are no images.")]
WhichGenerator = Annotated[
    str | None, typer.Option("--generator", help="Which generator, of a GAN with several. Default: the first.")
]
Best = Annotated[bool, typer.Option("--best", help="Of the best epoch, kept by train --evaluate, not the last.")]


app.command("train")(train.command(named(train.DEFAULT)))


@app.command()
def sample(
    run: RunFolder,
    count: Annotated[int, typer.Option(min=1, help="How many images, or sounds.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other samples.")] = 0,
    out: Annotated[
        Path, typer.Option(help="A picture (.png) for a sheet of all, or a folder for single files.")
    ] = Path("grid.png"),
    label: Annotated[
        int | None, typer.Option(min=0, help="Class to draw, of a GAN with labels. Default: each in turn.")
    ] = None,
    truncation: Annotated[
        float | None, typer.Option(help="Cut the latents' distribution off there: less variety, more typical images.")
    ] = None,
    generator: WhichGenerator = None,
    best: Best = False,
) -> None:
    """Draw images, or make sounds, with a trained generator."""
    chosen = Run.open(run).load(compile=False, best=best).generator_called(generator)
    made, medium = chosen.sample(count, seed, truncation, label=label), chosen.medium
    what = type(medium).__name__.lower()
    if out.suffix:
        pictures.save_image(out, medium.sheet(made))
        print(f"{count} {what} in {out}")
        return
    for index, one in enumerate(made):
        medium.write(out / f"{index:05d}{medium.suffix}", one)
    print(f"{count} {what} in {out}{os.sep}")


@app.command()
def export(
    run: RunFolder,
    to: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Format, can be repeated: {', '.join(FORMATS)}. Default: "
            f"{' and '.join(name for name, format in FORMATS.items() if format.usual)}."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write to. Default: RUN/export.")] = None,
    license: Annotated[
        str | None, typer.Option(help="Terms under which the generator may be used, for the model card.")
    ] = None,
    runtime: Annotated[
        Path | None, typer.Option(help="For web: folder of the npm package onnxruntime-web. Default: npm fetches it.")
    ] = None,
    generator: WhichGenerator = None,
    best: Best = False,
) -> None:
    """Write the generators for use elsewhere, each format compared with Keras before it appears.

    Of a GAN with several generators each has a folder of its own, unless one is named.
    """
    formats = list(dict.fromkeys(to or [name for name, format in FORMATS.items() if format.usual]))
    for name in formats:
        words.check_known(name, FORMATS, "format", "keras-gan export --help")
    run_ = Run.open(run)
    folder, gan = out or run_.exports, run_.load(compile=False, best=best)
    about = run_.about(gan) | ({} if license is None else {"license": license})
    several = generator is None and len(gan.generators()) > 1
    for name in gan.generators() if generator is None else [generator]:
        _export(gan, name, formats, folder / name if several else folder, about, runtime)


def _export(gan, generator, formats, folder, about, runtime):
    """Writes one generator in several formats, and the card that describes them."""
    made = {}
    for name in formats:
        options = {"runtime": runtime} if "runtime" in FORMATS[name].options else {}
        options |= {"about": about, "generator": generator}
        path = made[name] = FORMATS[name].export(gan, folder / FORMATS[name].place, **options)
        found = exporting.verify(gan, **{name: path}, generator=generator)[name] if FORMATS[name].compared else {}
        told = f"  (largest difference from Keras {max(found.values()):.1e})" if found else ""
        print(f"{name:<12}{path}{told}", flush=True)
    print(f"{'card':<12}{exporting.model_card(gan, folder, made, about, generator=generator)}")


@app.command()
def evaluate(
    what: Annotated[
        Path, typer.Argument(metavar="WHAT", help="A run, a SavedModel, an .onnx file, a folder of images.")
    ],
    data: Annotated[str | None, typer.Option(help="The real images. Default: what the run was trained on.")] = None,
    split: Annotated[
        str | None, typer.Option(help="Part of a named data set. Default: what the run was trained on, or train.")
    ] = None,
    held_out: Annotated[
        str | None, typer.Option(help="Part not trained on. Default: test, where there is one.")
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(METRICS)}; can be repeated.")] = None,
    extractor: Annotated[
        str | None, typer.Option(help=f"One of {', '.join(EXTRACTORS)}. Default: by the data set.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="File of Inception's weights. Default: download.")] = None,
    count: Annotated[int, typer.Option(min=2, help="Samples to draw.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the latents.")] = 0,
    archives: Annotated[Path | None, typer.Option(help="Folder with the data set's own archives.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for scores.json and report.html. Default: RUN/evaluation.")
    ] = None,
    best: Best = False,
    skip_bad_files: SkipBadFiles = False,
) -> None:
    """Score samples, with the protocol in the result, and write a page that shows them."""
    with scores.progress() as progress:
        bad_files = "skip" if skip_bad_files else "raise"
        arguments = (data, split, held_out, metric, extractor, weights, count, seed, archives, out, best, bad_files)
        measured, report = evaluating.evaluate(what, *arguments, progress=progress)
    scores.print_scores(measured)
    if report is not None:
        print(f"Protocol and floors {report.with_name('scores.json')}\nPage                {report}")


@app.command(name="recipes")
def list_recipes() -> None:
    """List the recipes, one line each."""
    for name in names():
        print(f"{name:<22}{named(name).summary}")


@app.callback(invoke_without_command=True)
def _begin(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False
) -> None:
    if version:
        print(__version__)
        raise typer.Exit()
    if context.invoked_subcommand is None:
        print(context.get_help())


def _one_line(message, category, filename, lineno, line=None):
    return f"Warning: {message}\n"


def main() -> None:
    """Runs the command line; an error is one line and exit code 2 (KERAS_GAN_TRACEBACK=1 shows all of it).

    Ctrl-C and SIGTERM: one line and exit code 130. In training they save; elsewhere what is half written is removed.
    """
    warnings.formatwarning = _one_line
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    try:
        with signals.interruptible():
            sys.exit(app(prog_name="keras-gan", standalone_mode=False) or 0)
    except signals.Interrupted:
        print("keras-gan: Interrupted. Nothing is left half written; the same command begins again.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("KERAS_GAN_TRACEBACK"):
            raise
        text = error.format_message() if hasattr(error, "format_message") else str(error)  # Typer's have more to say
        text = " ".join(text.split()) or type(error).__name__
        text = "".join(c if c.isprintable() else "?" for c in text)  # a name in a file could steer the terminal
        with contextlib.suppress(OSError):  # it may go into a file on the full disk that it tells of
            print(f"keras-gan: {text.replace(*IN_PYTHON)}", file=sys.stderr)
        sys.exit(2)
