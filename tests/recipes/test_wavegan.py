import numpy as np

from keras_gan import media, recipes


def test_two_steps(tmp_path):
    for index in range(8):
        tone = np.sin(np.arange(300)[:, None] * (0.1 + index / 20))
        media.Sounds(8000).write(tmp_path / f"{index}.wav", (20_000 * tone).astype("int16"))
    options = {"length": 256, "batch_size": 4, "filters": 2}
    gan, dataset, *_ = recipes.make("wavegan", data=str(tmp_path), **options)
    assert gan.medium == media.Sounds(8000)
    assert np.isfinite(gan.fit(dataset, verbose=0, shuffle=False).history["generator_loss"][0])
    assert gan.sample(2, seed=0).dtype == "int16"
