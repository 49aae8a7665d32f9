"""The page of `to_web` in a real browser: Debian's Chromium, headless, driven by Playwright."""

import contextlib
import shutil

import numpy as np
import pytest
from PIL import Image

import keras_gan as kg
from keras_gan.exporting import web, web_runtime
from keras_gan.exporting.onnx import onnx_runner
from keras_gan.latents.distributions import truncated
from tests.exporting.web_page import (
    LATENTS,
    NAMES,
    assert_shows,
    drawn,
    infogan,
    labelled,
    latents_of,
    pixels_of,
    plain,
    saved,
    served,
    translating,
)

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("needs Chromium: apt-get install chromium", allow_module_level=True)
expect = playwright.expect


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """{name: (GAN, folder of its page)}."""
    try:
        web_runtime.runtime_files()
    except OSError as error:
        pytest.skip(f"needs the runtime: {error}")
    made = {}
    for make in (labelled, plain, infogan, translating):
        gan, random = make(), np.random.default_rng(5)
        for weight in (gan.used if make is translating else gan.ema_generator).weights:
            values = random.standard_normal(weight.shape)
            weight.assign(values / np.sqrt(values[..., 0].size) if values.ndim > 1 else np.abs(values) / 2)
        about = {"class_names": NAMES, "training_data": "clothes"} if make is labelled else None
        folder = tmp_path_factory.mktemp("web") / make.__name__
        made[make.__name__] = gan, web.to_web(gan, folder, about=about)
    return made


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, exports):
    """Function that opens the page of an export and waits for its pictures. No page may ask elsewhere, or complain."""
    with contextlib.ExitStack() as stack:

        def go(name, quiet=True, **options):
            address = stack.enter_context(served(exports[name][1]))
            context = browser.new_context(**options)
            context.set_default_timeout(10_000)
            stack.callback(context.close)
            page, asked, complaints = context.new_page(), [], []
            context.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(address)
            ready = "choose a picture" if name == "translating" else "ms each"
            expect(page.locator("#status")).to_contain_text(ready, timeout=30_000)
            assert f"{address}ort-wasm-simd-threaded.wasm" in asked
            checks.append((page, address, asked, complaints if quiet else []))
            return page

        checks = []
        yield go
        for page, address, asked, complaints in checks:
            page.wait_for_timeout(50)
            assert [url for url in asked if not url.startswith((address, "data:", f"blob:{address}"))] == []
            assert complaints == []


@pytest.mark.parametrize("name", ["labelled", "plain", "infogan"])
def test_pixels_are_those_of_onnx_runtime(name, opened, exports):
    gan, folder = exports[name]
    inputs = gan.fixed_inputs(20, seed=1)  # more than the page draws in one run
    expected = kg.media.to_uint8(onnx_runner(folder / "generator.onnx")(inputs)["image"])
    received = drawn(opened(name), gan, inputs["latent"], inputs.get("label"), inputs.get("code"))
    assert received.shape == expected.shape
    assert expected.std() > 10
    assert np.abs(received.astype(int) - expected).max() <= 1
    assert np.mean(received != expected) < 0.01


def test_the_grid_shows_the_latents_of_its_seed_and_saves_them(opened, exports):
    gan, _ = exports["labelled"]
    page = opened("labelled")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pictures like clothes")
    images = drawn(page, gan, latents_of(page, gan, 0, 40), np.arange(40) % 3)
    name, sheet = saved(page, "Save grid")
    assert (name, sheet.shape) == ("grid-seed-0.png", (14 * 66 + 2, 3 * 66 + 2, 4))  # a column for each class
    np.testing.assert_array_equal(sheet[..., 0], kg.media.pictures.grid(images, columns=3)[..., 0])
    page.get_by_label("Class").first.select_option("shoe")
    page.get_by_label("Seed", exact=True).fill("12")
    expect(page.locator("#status")).to_contain_text("40 pictures of seed 12,")
    images = drawn(page, gan, latents_of(page, gan, 12, 40), np.ones(40))
    np.testing.assert_array_equal(saved(page, "Save grid")[1][..., 0], kg.media.pictures.grid(images)[..., 0])
    page.get_by_label("Count").select_option("20")
    expect(page.get_by_role("radio")).to_have_count(20)
    expect(page.get_by_role("radio").nth(3)).to_have_accessible_name("Picture 4, class shoe")


def test_small_pictures_are_enlarged_by_whole_factors_and_large_ones_fit(opened):
    page = opened("labelled", viewport={"width": 360, "height": 800})
    style = "c => [c.clientWidth, getComputedStyle(c).imageRendering]"
    assert page.locator("#grid canvas").first.evaluate(style) == [64, "pixelated"]
    assert page.locator("#picture").evaluate(style) == [256, "pixelated"]
    page = opened("infogan", viewport={"width": 360, "height": 800})
    assert page.locator("#grid canvas").first.evaluate(style) == [68, "auto"]
    assert page.locator("#picture").evaluate(style) == [204, "pixelated"]


def test_keys_alone_do_everything(opened):
    page = opened("labelled")
    focused = "document.activeElement"
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(f"""() => {{
            const e = {focused};
            const labels = [...(e.labels ?? [])].map((label) => label.firstChild.textContent.trim());
            return [e.getAttribute("aria-label") || labels[0] || e.textContent, getComputedStyle(e).outlineStyle]
        }}""")
        if page.evaluate(f"{focused} === document.body"):
            break
        assert name
        assert outline == "solid"  # seen
        reached.append(name)
        if name == "New pictures" and len(reached) < 10:
            before = pixels_of(page, "#grid canvas >> nth=1")
            page.keyboard.press("Enter")
            expect(page.locator("#status")).to_contain_text("of seed 1,")
            after = pixels_of(page, "#grid canvas >> nth=1")
            assert np.abs(after.astype(int) - before).max() > 10
            page.keyboard.press("Space")
            expect(page.locator("#status")).to_contain_text("of seed 2,")
        if name.startswith("Picture 1,"):
            place = f"(({{left, top}}) => [left, top])({focused}.getBoundingClientRect())"
            seen = [page.evaluate(place)]
            for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp", "End", "ArrowRight", "Home"):
                page.keyboard.press(key)
                assert page.evaluate(f"{focused}.getAttribute('aria-checked')") == "true"
                number = page.evaluate(f"1 + [...grid.children].indexOf({focused})")
                expect(page.locator("#picture-name")).to_have_text(f"Seed 2, picture {number}")
                seen.append(page.evaluate(place))
            (left, top), (right, _), (_, below), last = *seen[:3], seen[6]
            assert left < right
            assert top < below < last[1]
            assert seen[1:] == [
                [right, top],
                [right, below],
                [left, below],
                [left, top],
                [left, top],
                last,
                last,
                seen[0],
            ]
            np.testing.assert_array_equal(pixels_of(page, "#picture"), pixels_of(page, "#grid canvas >> nth=0"))
        if name == "Latent 1":
            before = pixels_of(page, "#picture")
            page.keyboard.press("End")
            expect(page.locator("#picture-time")).to_contain_text("Changed")
            assert (pixels_of(page, "#picture") != before).any()
    grid = ["Seed", "Count", "Class", "Truncation", "New pictures", "Save grid", f"Picture 1, class {NAMES[0]}"]
    one = ["Class", "Undo changes", "Save picture", "Next", *(f"Latent {i}" for i in range(1, 17))]
    walk = ["From seed", "To seed", "Class", "New seeds", "Save walk", "Position"]
    assert reached == grid + one + walk


def test_sliders_change_the_chosen_picture_and_undo_brings_it_back(opened, exports):
    gan, _ = exports["labelled"]
    page = opened("labelled")
    page.get_by_role("radio").nth(4).click()
    latent, original = latents_of(page, gan, 0, 5)[4], pixels_of(page, "#picture")
    np.testing.assert_array_equal(original[..., :1], drawn(page, gan, latent, [1])[0])
    page.get_by_label("Latent 2", exact=True).fill("-3")
    page.get_by_role("button", name="Next").click()
    assert page.locator("#latent-range").inner_text() == "17 to 20 of 20"
    expect(page.locator("#latent-sliders input:visible")).to_have_count(4)
    page.get_by_label("Latent 20").fill("2.5")
    page.locator("#picture-class").select_option("bag")
    latent[[1, 19]] = -3, 2.5
    expected = drawn(page, gan, latent, [0])[0]
    assert_shows(page, "#picture", expected)
    assert (expected != original[..., :1]).any()
    name, picture = saved(page, "Save picture")
    assert name == "picture-seed-0-5.png"
    np.testing.assert_array_equal(picture[..., :1], expected.repeat(32, 0).repeat(32, 1))
    page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(pixels_of(page, "#picture"), original)


def test_the_codes_of_an_infogan_are_drawn_and_changed(opened, exports):
    gan, _ = exports["infogan"]
    page = opened("infogan")
    codes = page.evaluate(LATENTS, ["drawCodes", [0, [0, 1, 2, 3, 0], {"categories": [4, 3], "continuous": 2}]])
    codes = np.array(codes, "float32").reshape(5, 9)
    np.testing.assert_array_equal(codes[:, :4].argmax(1), [0, 1, 2, 3, 0])
    np.testing.assert_array_equal(np.sort(codes[:, :7], 1).sum(1), 2)
    assert set(codes[:, :7].ravel()) == {0, 1}
    assert np.unique(codes[:, 7:]).size == 10
    assert np.abs(codes[:, 7:]).max() < 1

    page.get_by_role("radio").nth(2).click()
    latent = latents_of(page, gan, 0, 3)[2]
    expected = drawn(page, gan, latent, None, codes[2])[0]
    np.testing.assert_array_equal(pixels_of(page, "#picture")[..., :3], expected)
    assert float(page.get_by_label("Number 1").input_value()) == pytest.approx(codes[2, 7], abs=0.006)
    assert page.get_by_label("Category 2").input_value() == str(codes[2, 4:7].argmax())
    page.get_by_label("Number 1").fill("-2")
    page.get_by_label("Category 2").select_option(str((codes[2, 4:7].argmax() + 1) % 3))
    page.locator("#picture-class").select_option("3")
    changed = np.concatenate([[0, 0, 0, 1], np.roll(codes[2, 4:7], 1), [-2], codes[2, 8:]])
    assert_shows(page, "#picture", drawn(page, gan, latent, None, changed)[0])


def test_transparent_pictures_stay_so(opened):
    page = opened("plain")
    page.evaluate("""async () => {
        const { paint, save, sheet } = await import("./canvas.js");
        const canvas = document.createElement("canvas"), kind = { width: 2, height: 1, channels: 4 };
        paint(canvas, [9, 8, 7, 255, 0, 0, 0, 0], kind, 64);
        const button = document.createElement("button");
        button.textContent = "Save test";
        button.onclick = () => save(sheet([canvas], 1), "test.png");
        document.body.append(button);
    }""")
    _, picture = saved(page, "Save test")
    assert picture.shape == (36, 68, 4)
    assert (picture[2:34, 2:34] == [9, 8, 7, 255]).all()
    assert (picture[2:34, 34:66, 3] == 0).all()
    assert (picture[:2] == 255).all()


@pytest.mark.parametrize("name", ["plain", "infogan"])
def test_latents_follow_their_distribution(name, opened, exports):
    gan, _ = exports[name]
    page = opened(name)
    latents = latents_of(page, gan, 3, 4000)
    assert abs(latents.mean()) < 0.03
    assert latents.std() == pytest.approx(1 if gan.latent == "normal" else np.sqrt(1 / 3), abs=0.02)
    assert np.abs(np.corrcoef(latents.T) - np.eye(6)).max() < 0.08
    np.testing.assert_array_equal(latents_of(page, gan, 3, 5), latents[:5])
    firsts = np.concatenate([latents_of(page, gan, seed, 1) for seed in range(300)])
    assert np.abs(np.corrcoef(firsts[1:].ravel(), firsts[:-1].ravel())[0, 1]) < 0.1  # neighbouring seeds


@pytest.mark.parametrize("name", ["plain", "infogan"])
def test_truncation_and_walks_are_those_of_the_package(name, opened, exports):
    gan, _ = exports[name]
    page = opened(name)
    values = np.linspace(-6, 6, 241)
    for threshold in (0.1, 0.7, 2.0):
        found = page.evaluate(LATENTS, ["truncated", [values.tolist(), threshold, gan.latent]])
        np.testing.assert_allclose(found, truncated(values, threshold, gan.latent), atol=1e-6)
    a, b = latents_of(page, gan, 1, 1)[0], latents_of(page, gan, 2, 1)[0]
    middle = (a + b) / 2
    if gan.latent == "normal":  # on the arc, as far out as the law of sines says
        middle /= np.cos(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) / 2)
    found = page.evaluate(LATENTS, ["between", [a.tolist(), b.tolist(), 0.5, gan.latent]])
    np.testing.assert_allclose(found, middle, atol=1e-6)
    parallel = page.evaluate(LATENTS, ["between", [a.tolist(), a.tolist(), 0.3, gan.latent]])
    np.testing.assert_allclose(parallel, a, atol=1e-6)


def test_a_walk_goes_from_one_seed_to_the_other(opened, exports):
    gan, _ = exports["labelled"]
    page = opened("labelled")
    a, b = latents_of(page, gan, 7, 1), latents_of(page, gan, 9, 1)
    page.get_by_label("From seed").fill("7")
    page.get_by_label("To seed").fill("9")
    page.locator("#walk-class").select_option("shoe")
    page.get_by_label("Position").fill("0.25")
    quarter = page.evaluate(LATENTS, ["between", [a[0].tolist(), b[0].tolist(), 0.25, gan.latent]])
    expected = drawn(page, gan, np.concatenate([a[0], quarter, b[0]]), [1, 1, 1])
    for selector, image in zip(["#walk canvas >> nth=0", "#step", "#walk canvas >> nth=8"], expected, strict=True):
        assert_shows(page, selector, image)
    assert_shows(page, "#walk canvas >> nth=2", expected[1])
    name, strip = saved(page, "Save walk")
    assert (name, strip.shape) == ("walk-seeds-7-9.png", (64 + 4, 9 * 66 + 2, 4))


def test_of_many_changes_the_last_one_is_seen(opened, exports):
    page = opened("plain")
    page.evaluate("""() => {
        for (let i = 1; i <= 30; i++) {
            seed.value = i;
            seed.dispatchEvent(new Event("input"));
        }
    }""")
    expect(page.locator("#status")).to_contain_text("of seed 30,")
    expect(page.locator("#picture-name")).to_have_text("Seed 30, picture 1")
    page.evaluate("""() => {
        const slider = document.querySelector("#latent-sliders input");
        slider.value = 3;
        slider.dispatchEvent(new Event("input"));
        grid.children[5].click(); // while the changed picture is being drawn
    }""")
    drawn(page, exports["plain"][0], np.zeros((1, 6)))  # its turn comes after that one
    page.wait_for_timeout(50)
    np.testing.assert_array_equal(pixels_of(page, "#picture"), pixels_of(page, "#grid canvas >> nth=5"))


def test_truncation_moves_grid_and_walk(opened, exports):
    gan, _ = exports["plain"]
    page = opened("plain")
    page.get_by_label("Truncation").fill("0.5")
    expect(page.locator("#truncation-value")).to_have_text("0.50")
    for seed, selector in [(0, "#grid canvas >> nth=0"), (1, "#walk canvas >> nth=0")]:
        latent = truncated(latents_of(page, gan, seed, 1)[0], 0.5)
        assert_shows(page, selector, drawn(page, gan, latent)[0], atol=1)


@pytest.mark.parametrize("name", ["labelled", "infogan"])
def test_nothing_leaves_a_narrow_window_and_dark_is_dark(name, opened):
    page = opened(name, viewport={"width": 360, "height": 700}, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    edges = page.evaluate("[...document.querySelectorAll('body *')].map((e) => e.getBoundingClientRect().right)")
    assert 300 < max(edges) <= 360
    ground, text = page.evaluate("['backgroundColor', 'color'].map(p => getComputedStyle(document.body)[p])")
    brightness = [sum(map(int, colour[4:-1].split(","))) for colour in (ground, text)]
    assert brightness[0] < 150 < 600 < brightness[1]


def test_what_keeps_the_page_from_starting_is_shown(browser, exports):
    with served(exports["plain"][1]) as address, contextlib.closing(browser.new_context()) as context:
        page = context.new_page()
        page.route("**/generator.onnx", lambda route: route.fulfill(status=404))
        page.goto(address)
        expect(page.locator("#status")).to_have_text(
            "This page could not start: generator.onnx: the server answered 404."
        )


def test_an_error_while_drawing_is_shown_and_the_page_goes_on(opened):
    page = opened("labelled", quiet=False)
    page.evaluate("document.getElementById('class').append(new Option('none such', 77))")
    page.locator("#class").select_option("77")
    expect(page.locator("#status")).to_have_class("error")
    page.locator("#class").select_option("bag")
    expect(page.locator("#status")).to_contain_text("ms each")
    expect(page.locator("#status")).not_to_have_class("error")


def test_another_page_can_draw_as_the_readme_says(opened, exports):
    gan, folder = exports["labelled"]
    example = (folder / "README.md").read_text().split("```js\n")[1].split("```")[0]
    page = opened("labelled")
    page.route(
        "**/example.js",
        lambda route: route.fulfill(body=example + "export { pixels };", content_type="text/javascript"),
    )
    received = page.evaluate("async () => Array.from((await import('./example.js')).pixels)")
    expected = drawn(page, gan, np.zeros((2, 20)), [0, 1])
    np.testing.assert_array_equal(np.array(received).reshape(expected.shape), expected)


def test_a_picture_is_translated_and_saved(opened, exports, tmp_path):
    generator, _ = exports["translating"]
    page = opened("translating", viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.get_by_role("heading", level=1)).to_have_text("Translated pictures")
    expect(page.locator("#summary")).to_have_text("4 by 6 pixels, grey, from 8 by 12 pixels, colour.")
    expect(page.get_by_role("heading", name="Between two seeds")).to_be_hidden()
    expect(page.get_by_text("Seeds are this page's own")).to_be_hidden()
    button = page.get_by_role("button", name="Save picture")
    expect(button.last).to_be_disabled()
    picture = np.random.default_rng(0).integers(0, 256, (8, 12, 3), "uint8")
    Image.fromarray(np.pad(picture, [(3, 3), (0, 0), (0, 0)])).save(tmp_path / "street.png")  # the middle is taken
    page.get_by_label("Picture, or drop one here").set_input_files(tmp_path / "street.png")
    expect(page.locator("#status")).to_contain_text("street.png: translated in")
    np.testing.assert_array_equal(pixels_of(page, "#given")[..., :3], picture)
    expected = generator.translate(picture[None])[0]
    assert expected.std() > 10
    assert_shows(page, "#made", expected, atol=1)
    with page.expect_download() as download:
        button.last.click()
    assert download.value.suggested_filename == "street-translated.png"
    made = np.asarray(Image.open(download.value.path()))
    assert np.abs(made[..., :1].astype(int) - expected).max() <= 1


def test_a_picture_may_be_dropped_and_no_picture_is_told(opened, exports):
    generator, _ = exports["translating"]
    page = opened("translating")
    drop = """async ([name, kind, text]) => {
        const canvas = new OffscreenCanvas(24, 16);
        canvas.getContext("2d");
        const blob = kind === "text" ? text : await canvas.convertToBlob();
        const transfer = new DataTransfer();
        transfer.items.add(new File([blob], name));
        document.getElementById("translation").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
    }"""
    page.evaluate(drop, ["notes.txt", "text", "no picture"])
    expect(page.locator("#status")).to_have_text("notes.txt: this browser reads no picture in it.")
    expect(page.locator("#status")).to_have_class("error")
    page.evaluate(drop, ["black.png", "picture", ""])
    expect(page.locator("#status")).to_contain_text("black.png: translated in")
    expect(page.locator("#status")).not_to_have_class("error")
    assert_shows(page, "#made", generator.translate(np.zeros((1, 8, 12, 3), "uint8"))[0], atol=1)


def test_the_page_reads_pictures_as_pillow_does(opened):
    page = opened("translating")
    colours = np.random.default_rng(0).integers(0, 256, (2, 50, 3), "uint8")
    grey = page.evaluate(
        """async (values) => {
        const { pixelsOf } = await import("./canvas.js");
        const data = new ImageData(Uint8ClampedArray.from(values), 50, 2);
        return Array.from(pixelsOf(await createImageBitmap(data), { width: 50, height: 2, channels: 1 }));
    }""",
        np.pad(colours, [(0, 0), (0, 0), (0, 1)], constant_values=255).ravel().tolist(),
    )
    expected = np.asarray(Image.fromarray(colours).convert("L"))
    assert np.abs(np.array(grey).reshape(2, 50) - expected).max() <= 1
