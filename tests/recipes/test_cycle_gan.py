import numpy as np

from keras_gan import media, recipes


def test_two_steps(tmp_path):
    for name, level in (("trainA", 0), ("trainB", 128)):
        (tmp_path / name).mkdir()
        for index in range(8):
            picture = np.random.default_rng(index).integers(level, level + 128, (16, 16, 1), "uint8")
            media.Images().write(tmp_path / name / f"{index}.png", picture)
    options = {"filters": 4, "blocks": 1, "pool_size": 4, "cycle_weight": 3.0}
    gan, dataset, *_ = recipes.make("cycle_gan", data=str(tmp_path), **options)
    assert gan.shapes == {"a": (16, 16, 1), "b": (16, 16, 1)}
    assert (gan.cycle_weight, gan.pool_size) == (3.0, 4)
    history = gan.fit(dataset, verbose=0, shuffle=False).history
    assert np.isfinite(history["cycle_loss"][0])
