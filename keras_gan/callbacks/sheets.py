"""What a game shows, on one picture: samples in rows, or sources beside what was made of them."""

import numpy as np

from keras_gan.game import drawing
from keras_gan.inputs import Label
from keras_gan.media import Medium, pictures

MOST_CLASSES = 16  # a sheet with more columns is too wide for a screen
PICTURE = ".png"


def media_of(game):
    """Returns {name of the game's `pictures`: its medium}.

    Raises:
        ValueError: if the game shows nothing, or a medium cannot be drawn.
    """
    media = drawing.media_of_pictures(game)
    for name, medium in media.items():
        if type(medium).sheet is Medium.sheet:
            raise ValueError(
                f"A grid needs signals that can be drawn on a sheet. Received: {name!r} of {medium!r}, which has no "
                "`sheet`. Leave SampleGrid out."
            )
    return media


def sheet_of(game, shown, columns=None):
    """Draws what a game shows.

    Args:
        game: the `Game`.
        shown: {name: array `(count, *shape)` as people hold it}, as `game.shown` returns it.
        columns: int, how many signals in each row. By default one thing alone is drawn as `Medium.sheet` does it, with
            a column for each class where labels are drawn, up to 16; of several the first row is the first of each.

    Returns:
        uint8 array `(height, width, 1, 3 or 4)`.
    """
    media = media_of(game)
    if len(media) > 1:
        count = len(next(iter(shown.values())))
        tiles = [media[name].sheet(shown[name][i : i + 1], 1) for i in range(count) for name in media]
        return pictures.grid(_alike(tiles), columns or len(media), smallest=1)
    ((name, medium),) = media.items()
    if columns is None:
        classes = [each.num_classes for each in drawing.inputs_of(game).values() if isinstance(each, Label)]
        columns = classes[0] if classes and 1 < classes[0] <= MOST_CLASSES else None
    return medium.sheet(shown[name], columns)


def _alike(tiles):
    """Returns pictures as one array: with the most channels of any, and as large as the largest."""
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[max(tile.shape[-1] for tile in tiles)]
    height, width = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    # Pixels are repeated and not mixed, so that a small picture is seen as what it is.
    made = [np.asarray(pictures.to_pillow(tile).convert(mode).resize((width, height), resample=0)) for tile in tiles]
    return np.stack(made).reshape(len(tiles), height, width, -1)


def write_files(folder, game, shown, most=8):
    """Writes the first few signals that are no pictures, such as sounds, as files `<name>_01.wav` and so on.

    Args:
        folder: `pathlib.Path`. Files of these names are replaced.
        game, shown: as for `sheet_of`.
        most: int, how many of each name.

    Raises:
        OSError: if a file cannot be written.
    """
    for name, medium in media_of(game).items():
        if medium.suffix != PICTURE and type(medium).write is not Medium.write:
            for index, held in enumerate(shown[name][:most], 1):
                medium.write(folder / f"{name}_{index:02d}{medium.suffix}", held)
