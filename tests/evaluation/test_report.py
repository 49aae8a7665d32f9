import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from keras_gan import evaluation, metrics
from keras_gan.evaluation.page import element, page, table
from keras_gan.evaluation.report import write_report
from keras_gan.features import Extractor
from keras_gan.media import pictures
from keras_gan.metrics import Score
from keras_gan.runs import run as runs

VOID = {"meta", "link", "img"}


class Parsed(HTMLParser):
    """An HTML file in which every element is closed: elements as (path of tags, attributes, text)."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.declaration = [], [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_decl(self, declaration):
        self.declaration = declaration

    def handle_starttag(self, tag, attributes):
        one = [(*(e[0][-1] for e in self.open), tag), dict(attributes), ""]
        self.elements.append(one)
        if tag not in VOID:
            self.open.append(one)

    def handle_endtag(self, tag):
        assert self.open.pop()[0][-1] == tag

    def handle_data(self, text):
        for one in self.open:
            one[2] += text

    def all(self, *tags):
        """Returns the elements whose tag is the last of `tags`, within the others."""
        return [one for one in self.elements if one[0][-1] == tags[-1] and set(tags) <= set(one[0])]

    def texts(self, *tags):
        return [" ".join(text.split()) for _, _, text in self.all(*tags)]

    def images(self):
        return [(attributes["alt"], opened(attributes)) for _, attributes, _ in self.all("img")]


def opened(attributes):
    kind, data = attributes["src"].split(",", 1)
    assert kind == "data:image/png;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (image.width, image.height) == (int(attributes["width"]), int(attributes["height"]))
    image.load()
    return np.asarray(image)


class Corner(Extractor):
    """One feature, the grey level of the first pixel; logits of four classes of 64 levels."""

    name = "corner <b>"
    weights_sha256 = "0" * 64

    def __call__(self, images):
        level = images[:, 0, 0, 0]
        codes = np.stack([level, np.zeros_like(level)], axis=1).astype("float32")
        return {"features": codes, "logits": np.eye(4, dtype="float32")[level // 64]}


@pytest.fixture
def reals():
    images = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), dtype="uint8")
    images[:, 0, 0, 0] = np.arange(300) % 256
    return images


@pytest.fixture
def samples():
    images = np.random.default_rng(1).integers(0, 256, (100, 8, 8, 1), dtype="uint8")
    images[:, 0, 0, 0] = np.arange(100)  # of the classes 0 and 1 only
    return images


@pytest.fixture
def written(reals, samples, tmp_path):
    """Function that measures, writes the page and parses it."""

    def write(
        extractor=True,
        several=(),
        held_out=None,
        log=None,
        config=None,
        about=None,
        subject="the <samples>",
        of=samples,
    ):
        several = list(several) or [metrics.FrechetDistance(), metrics.Memorization()]
        made = evaluation.Evaluation(reals, Corner() if extractor else None, several, held_out, about)
        scores = made.scores(of, seeds={"latents": 7})
        path = write_report(tmp_path / "new" / "report.html", subject, scores, made, of, log, config)
        assert path == tmp_path / "new" / "report.html"
        write.text, write.scores = path.read_text(encoding="utf-8"), scores
        return Parsed(write.text)

    return write


@pytest.fixture
def run(tmp_path):
    made = runs.Run.create(tmp_path / "run", "dcgan_digits", {"data": "digits"}, epochs=5)
    made.log.write_text("epoch,generator_loss,val_frechet_distance\n0,2.0,NA\n1,1.5,12.5\n")
    return made


def test_a_page_of_everything(written, run, reals):
    parsed = written(log=run.log, config=run.config(), held_out=reals[:50])
    assert parsed.declaration == "DOCTYPE html"
    assert parsed.texts("title") == parsed.texts("h1") == ["Evaluation of the <samples>"]
    titles = ["Scores", "Samples and real images", "Nearest real images", "Classes", "Training"]
    assert parsed.texts("h2") == titles
    assert parsed.all("html")[0][1] == {"lang": "en"}
    metas = [attributes for _, attributes, _ in parsed.all("meta")]
    assert {"charset": "utf-8"} in metas
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in metas
    alts = [alt for alt, _ in parsed.images()]
    assert len(alts) == 2 + 12 * 6 + 2 + 1
    assert all(alts)
    for _, attributes, _ in parsed.all("thead", "th"):
        assert attributes["scope"] == "col"
    for _, attributes, _ in parsed.all("tbody", "th"):
        assert attributes["scope"] == "row"
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert len(parsed.all("tbody", "th")) == len(parsed.all("tbody", "tr"))


def test_it_asks_for_nothing(written, run):
    parsed = written(log=run.log, config=run.config())
    for _, attributes, _ in parsed.elements:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert attributes.get(name, "data:").startswith("data:")
    without_pictures = re.sub(r"base64,[^\"]*", "", written.text.lower())
    assert not re.search(r"https?:|//|url\(|@import|<script", without_pictures)
    policy = [a["content"] for _, a, _ in parsed.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    assert "color-scheme: light dark" in parsed.all("style")[0][2]


def test_scores_stand_in_a_table(written, reals):
    parsed = written(held_out=reals[:50])
    head = ["Score", "Value", "±", "Expected floor", "Real against real", "Better"]
    assert parsed.texts("thead", "th")[:6] == head
    first, _, z = written.scores
    cells = parsed.texts("tbody", "td")
    assert cells[:5] == [f"{first.value:.5g}", "-", f"{first.expected_floor:.5g}", f"{first.real_floor:.5g}", "lower"]
    assert cells[10:15] == [f"{z.value:.5g}", "-", "0", "-", "-"]
    assert parsed.texts("tbody", "th")[:3] == [score.name for score in written.scores]
    assert parsed.texts("caption")[0] == "100 samples against 300 real images"


def test_the_shared_protocol_is_told_once(written):
    parsed = written(several=[metrics.FrechetDistance(), metrics.PrecisionRecall(k=4)], about={"data": "d", "split": 0})
    summaries = parsed.texts("summary")
    assert summaries == [
        "Protocol, seeds and versions of all scores",
        "Further protocol of frechet_distance (corner <b>)",
        "Further protocol of precision (corner <b>), recall (corner <b>)",
    ]
    names, values = parsed.texts("details", "tbody", "th"), parsed.texts("details", "tbody", "td")
    told = list(zip(names, values, strict=True))
    assert ("data", "d") in told
    assert ("n_fake", "100") in told
    assert ("seed of latents", "7") in told
    assert ("extractor", "corner <b>") in told
    assert told[-4:] == [("metric", "frechet_distance"), ("ddof", "1"), ("metric", "precision_recall"), ("k", "4")]
    assert {f"version of {name}" for name in written.scores[0].versions} <= set(names)
    wanted = {name for score in written.scores for name in score.protocol}
    assert wanted <= set(names)
    assert len(names) == len(set(names)) + 1  # all once, but for "metric"
    assert parsed.texts("caption")[0] == "100 samples against 300 real images (d, 0)"


def test_one_score_has_no_further_protocol(written):
    assert len(written(several=[metrics.FrechetDistance()]).texts("summary")) == 1


def test_texts_are_escaped(written, run):
    evil = "<script>alert('&\"')</script>"
    run.write_config({**run.config(), "command": evil})
    parsed = written(about={"data": evil, evil: [evil]}, subject=evil, log=run.log, config=run.config())
    assert not parsed.all("script")
    assert parsed.texts("h1") == [f"Evaluation of {evil}"]
    assert evil in parsed.texts("details", "th")
    assert evil in parsed.texts("details", "td")
    assert evil in " ".join(parsed.texts("p"))


def test_names_that_are_no_text_are_written(written):
    assert written(subject="\udcff.npz").texts("h1") == ["Evaluation of ?.npz"]


def test_samples_and_reals_in_one_layout(written, samples, reals):
    (first, of_samples), (second, of_reals) = written().images()[:2]
    assert first == "64 samples, not selected, in rows of 8"
    assert second == "64 real images, drawn at random, in rows of 8"
    np.testing.assert_array_equal(of_samples, pictures.grid(samples[:64], 8, 2, 48)[..., 0])
    assert of_reals.shape == of_samples.shape
    assert all((reals[:, :, :, 0] == of_reals[2:50:6, 2 + x : 50 + x : 6]).all(axis=(1, 2)).any() for x in (0, 50, 350))


def test_fewer_samples_stand_beside_as_many_reals(written, samples):
    parsed = written(of=samples[:3])
    (first, of_samples), (second, of_reals) = parsed.images()[:2]
    assert (first, second) == (
        "3 samples, not selected, in rows of 3",
        "3 real images, drawn at random, in rows of 3",
    )
    assert of_samples.shape == of_reals.shape
    assert len(parsed.images()) == 2 + 3 * 6 + 1


def test_neighbours_are_the_right_ones(written, samples, reals):
    parsed = written()
    images = parsed.images()[2 : 2 + 12 * 6]
    np.testing.assert_array_equal(images[6 * 7][1][::8, ::8], samples[7, ..., 0])
    assert [alt for alt, _ in images[6 * 7 : 6 * 8]] == ["Sample 8", *(f"Real image {i}" for i in range(1, 6))]
    # Sample 7 has level 7; so have the reals 7 and 263, then come those of 6 and 8.
    nearest = {image[::8, ::8].tobytes() for _, image in images[6 * 7 + 1 : 6 * 7 + 3]}
    assert nearest == {reals[7].tobytes(), reals[263].tobytes()}
    distances = [text for text in parsed.texts("tbody", "td") if re.fullmatch(r"\d\.\d{3}", text)]
    assert len(distances) == 60
    assert distances[35:40] == ["0.000", "0.000", "1.000", "1.000", "1.000"]
    head = parsed.texts("thead", "th")
    assert head[head.index("Sample") :][:6] == ["Sample", "Nearest", "2nd", "3rd", "4th", "5th"]
    text = " ".join(parsed.texts("p"))
    assert "distance between features of corner <b>" in text
    assert f"copied_share (corner <b>) {written.scores[1].value:.5g} (expected without copying: 0.05)" in text


def test_without_memorization_none_is_told(written):
    assert "copied_share" not in written(several=[metrics.FrechetDistance()]).texts("body")[0]


def test_held_out_reals_are_compared_with(written, reals):
    text = "held-out real images lie 0.000 (median) from the nearest"
    assert text in " ".join(written(held_out=reals[:50]).texts("p"))
    assert "held-out real images lie" not in " ".join(written().texts("p"))


def test_without_an_extractor_pixels_are_compared(written):
    parsed = written(extractor=False, several=[metrics.SlicedWasserstein()])
    assert "in grey levels, 0 to 255 (no extractor was used)" in " ".join(parsed.texts("p"))
    assert parsed.texts("h2") == ["Scores", "Samples and real images", "Nearest real images"]


def test_classes_and_which_are_missing(written, samples):
    parsed = written()
    assert parsed.texts("strong") == ["Missing among these samples: 2, 3."]
    strips = parsed.images()[-2:]
    assert [alt for alt, _ in strips] == ["10 samples of 0", "10 samples of 1"]
    np.testing.assert_array_equal(strips[1][1], pictures.grid(samples[64:74], 10, 2, 28)[..., 0])
    cells = parsed.all("tbody", "td")[-12:]
    assert [" ".join(cell[2].split()) for cell in cells][1::3] == ["64.0%", "36.0%", "0.0%", "0.0%"]
    assert [" ".join(cell[2].split()) for cell in cells][6::3] == ["none", "none"]
    assert [cell[1]["style"] for cell in cells[1::3]] == [f"--share: {s}%" for s in ("100.0", "56.2", "0.0", "0.0")]


def test_no_class_is_missing(written, reals):
    parsed = written(of=reals[::3])
    assert not parsed.texts("strong")
    assert "No class is missing among these samples." in " ".join(parsed.texts("p"))


def test_curves_of_a_run(written, run):
    parsed = written(log=run.log, config=run.config())
    alt, _ = parsed.images()[-1]
    assert alt == "Curves over 2 epochs. Last values: generator_loss 1.5, val_frechet_distance 12.5."
    assert parsed.texts("p")[-1].startswith("dcgan_digits, 2 of 5 epochs: ")
    assert parsed.texts("p", "code") == [run.config()["command"]]


@pytest.mark.parametrize("log", [None, "", "epoch,loss\n"])
def test_no_curves_without_a_log(written, run, log):
    run.log.unlink()
    if log is not None:
        run.log.write_text(log)
    assert "Training" not in written(log=run.log, config=run.config()).texts("h2")


def test_a_page_of_colour_images_stays_small(tmp_path):
    random = np.random.default_rng(0)
    coarse = random.normal(128, 60, (200, 9, 9, 3))
    images = np.kron(coarse, np.ones((1, 8, 8, 1)))[:, 4:68, 4:68]
    for axis in (1, 2):
        images = sum(np.roll(images, shift, axis) for shift in range(-4, 4)) / 8
    images = np.clip(images + random.normal(0, 4, images.shape), 0, 255).astype("uint8")  # as smooth as photographs
    made = evaluation.Evaluation(images[100:], None, [metrics.SlicedWasserstein()])
    path = write_report(tmp_path / "report.html", "x", [Score("x", 1.0, {"n_fake": 100})], made, images[:100])
    assert 1e6 < path.stat().st_size < 3e6


def test_what_cannot_be_written_is_told(written, tmp_path, monkeypatch):
    written()
    old = written.text

    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match=r"The page must be writable. Received: .*report.html: .*No space left on device"):
        written()
    monkeypatch.undo()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]
    assert (tmp_path / "new" / "report.html").read_text(encoding="utf-8") == old


def test_a_folder_in_its_place_is_told(written, tmp_path):
    (tmp_path / "new" / "report.html").mkdir(parents=True)
    with pytest.raises(OSError, match=r"The page must be writable. Received: .*A folder stands where"):
        written()


def test_scores_of_samples_alone(tmp_path, reals):
    made = evaluation.Evaluation(reals, Corner(), [metrics.FrechetDistance()])
    score = Score("x", 1.0, {"metric": "m", "n_fake": 1}, deviation=0.25, higher_is_better=True)
    path = write_report(tmp_path / "r.html", "x", [score], made, reals[:1])
    parsed = Parsed(path.read_text(encoding="utf-8"))
    assert parsed.texts("caption")[0] == "1 samples"
    assert parsed.texts("td")[:5] == ["1", "0.25", "-", "-", "higher"]


def test_elements():
    parsed = Parsed(
        page("t", element("p", "a", element("b", "c"), None, "d", element("i"), "e", "f", class_="f", data_g="h"))
    )
    assert parsed.all("p")[0][1:] == [{"class": "f", "data-g": "h"}, "acdef"]
    parsed = Parsed(page("t", table("c", ["a", "b"], [["1", "2"], [element("th", "3"), element("td", "4")]], "k")))
    assert parsed.texts("table", "th") == ["a", "b", "1", "3"]
    assert parsed.texts("table", "td") == ["2", "4"]
    scrolled = parsed.all("div")[0][1]
    assert scrolled == {"class": "scroll", "role": "region", "aria-label": "c", "tabindex": "0"}
