"""HTML by element: whatever is put in as text is escaped, and a page asks for nothing beyond itself."""

import base64
import struct
from xml.etree import ElementTree

from keras_gan.version import __version__

Element = ElementTree.Element
Content = str | Element | None

STYLE = """
:root { color-scheme: light dark; --line: rgb(128 128 128 / 0.35); }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
p { max-width: 45rem; }
.beside { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; max-width: 100%; }
figcaption, caption { text-align: left; padding-bottom: 0.4rem; }
img { display: block; max-width: 100%; height: auto; image-rendering: pixelated; }
table img { max-width: none; }
.smooth { image-rendering: auto; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 1rem 0.3rem 0; text-align: left; vertical-align: middle;
  border-bottom: 1px solid var(--line); }
thead th { vertical-align: bottom; }
tbody th { font-weight: normal; }
.numbers td, .numbers thead th + th { text-align: right; }
.numbers :is(td, th):last-child { text-align: left; }
.told td { overflow-wrap: anywhere; }
.told caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.neighbours :is(td, th) { vertical-align: top; }
.share { min-width: 7rem; padding-left: 0.5rem;
  background: linear-gradient(to right, rgb(64 128 224 / 0.35) var(--share), transparent 0) no-repeat;
  background-size: calc(100% - 0.5rem); }
summary { cursor: pointer; padding: 0.2rem 0; }
footer { margin-top: 3rem; opacity: 0.75; }
"""
# Nothing is loaded, even if something in the page asked for it; and the icon that browsers ask for is given.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def element(tag: str, *content: Content, **attributes: str) -> Element:
    """Makes an element from texts and elements (None is left out).

    Example:

    >>> ElementTree.tostring(element("p", "a < b: ", element("b", "yes"), class_="note"), "unicode", method="html")
    '<p class="note">a &lt; b: <b>yes</b></p>'
    """
    made = Element(tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    for part in content:
        if isinstance(part, str):
            if len(made):
                made[-1].tail = (made[-1].tail or "") + part
            else:
                made.text = (made.text or "") + part
        elif part is not None:
            made.append(part)
    return made


def picture(png: bytes, alt: str, **attributes: str) -> Element:
    """Makes an image of a PNG file, which becomes part of the page."""
    width, height = struct.unpack(">II", png[16:24])
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return element("img", src=source, alt=alt, width=str(width), height=str(height), **attributes)


def figure(caption: str, image: Element) -> Element:
    """Puts a caption over an image."""
    return element("figure", element("figcaption", caption), image)


def table(caption: str, head: list[str], rows: list[list], class_: str) -> Element:
    """Makes a table that scrolls by itself in a narrow window.

    Args:
        caption: what it shows.
        head: titles of the columns.
        rows: cells, each a text or an element; a `td` or `th` is taken as it is. The first of a row is its title.
        class_: "numbers" to set all columns but the first and the last to the right; "told" to keep the caption for
            screen readers, where a title stands above; or another one.
    """
    titles = element("tr", *(element("th", title, scope="col") for title in head))
    body = []
    for first, *others in rows:
        cells = [cell if _is_cell(cell) else element("td", cell) for cell in others]
        body.append(element("tr", first if _is_cell(first) else element("th", first, scope="row"), *cells))
    parts = element("caption", caption), element("thead", titles), element("tbody", *body)
    made = element("table", *parts, class_=class_)
    return element("div", made, class_="scroll", role="region", aria_label=caption, tabindex="0")


def _is_cell(content: Content) -> bool:
    return isinstance(content, Element) and content.tag in ("td", "th")


def page(title: str, *content: Content) -> str:
    """Returns a whole HTML document."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", STYLE),
    )
    footer = element("footer", f"Made by keras_gan {__version__}.")
    body = element("body", element("main", element("h1", title), *content), footer)
    document = element("html", head, body, lang="en")
    ElementTree.indent(document, "")
    return "<!DOCTYPE html>\n" + ElementTree.tostring(document, "unicode", method="html") + "\n"
