"""Exported pages: what they say, and that nothing in a library can break out of its text."""

import base64
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import LensMissing, UnknownUnit
from dnnvis.core.formatting import format_page_number, format_percent
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.core.messages import LayerInfo
from dnnvis.core.probing.dissection import DissectedLayer
from dnnvis.core.unit import Unit
from dnnvis.library.pages.export import PageContext, assign_file_names, describe_field
from dnnvis.library.pages.layer import (
    count_units,
    render_index_page,
    render_layer_page,
    require_known_unit,
)
from dnnvis.library.pages.style import DARK, LIGHT, SCRIPT, STYLE
from dnnvis.library.pages.unit import render_unit_page
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.dissections import save_dissection
from dnnvis.library.store.library import Library
from dnnvis.network.network import Network

EMPTY = ("img", "meta", "link", "input", "br")
HOSTILE = "\"'><img src=x onerror=alert(1)><script>alert(2)</script><!--"


class Page(HTMLParser):
    """The elements of a page; fails where one is not closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": [], "h1": [], "title": []}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, name: str, attributes: Any) -> None:
        self.tags.append((name, {key: value or "" for key, value in attributes}))
        if name not in EMPTY:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]].append(data)
        if not {"script", "style"} & set(self.open):
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def all(self, name: str) -> list[dict[str, str]]:
        return [attributes for found, attributes in self.tags if found == name]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def pixels_in(uri: str) -> np.ndarray:
    data = base64.b64decode(uri.split(",", 1)[1], validate=True)
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def wears(page: Page, name: str, class_: str) -> list[dict[str, str]]:
    return [one for one in page.all(name) if class_ in one.get("class", "").split()]


@pytest.fixture
def filled(library: Library, network: Network, pictures: Path) -> Library:
    """Scanned, with three kept pictures, notes and a bookmark."""
    scan(network, pictures, library)
    random = np.random.default_rng(0)
    for goal, preset, natural in (
        ("conv2[1]", "live", 2.0),
        ("conv2[1]", "fine", None),
        ("conv2[3]", "live", -1.0),
    ):
        curve = np.linspace(0, 1, 10, dtype=np.float32)
        values = random.random((12, 12, 3)).astype(np.float32)
        recipe = {"preset": preset, "steps": 10}
        library.save_picture(
            goal, values, recipe, QualityMetrics(5.0, 0.123, 0.456, natural), curve
        )
    library.write_note("conv2[1]", "looks like\nstripes")
    library.write_note("conv2[1]@1,2", "at the edge")
    library.write_note("conv2", "second layer")
    library.bookmark("conv2[1]")
    return library


@pytest.fixture
def showing(filled: Library, network: Network) -> PageContext:
    def draw_backward(unit: Unit, whole: Any, place: Any, box: Any, lens: str) -> Any:
        return np.full((4, 4, 3), 100 if lens == "deconvnet" else 200, np.uint8)

    return PageContext(
        filled, network, draw_backward, "2026-03-04 05:06 UTC", ["dnnvis one", "dnnvis two"]
    )


def test_a_unit_shows_its_kept_pictures_with_three_honest_numbers(showing: PageContext) -> None:
    page = Page(render_unit_page(showing, Unit("conv2", 1)))
    assert "conv2[1]" in "".join(page.inside["h1"])
    for words in (
        "live",
        "fine",
        "2.50 ×",
        "no picture was looked through",
        "12 %",
        "0.456",
        "activation reached: 5.00",
        '"steps": 10',
    ):
        assert words in page.text, words
    kept = showing.library.pictures("conv2[1]")
    shown = [pixels_in(one["src"]) for one in page.all("img") if "synthesis" in one["alt"]]
    assert len(shown) == 2
    assert all(np.array_equal(a, b.pixels) for a, b in zip(shown, kept, strict=True))
    assert len(wears(page, "svg", "spark")) == 2
    other = Page(render_unit_page(showing, Unit("conv2", 3)))
    assert "5.00 against −1.00" in other.text


def test_a_unit_shows_pictures_of_sums_that_it_is_in(showing: PageContext) -> None:
    showing.library.save_picture(
        "conv1[0] - 2*conv2[1]@1,1", np.zeros((4, 4, 3), np.float32), {"preset": "mixed"}
    )
    assert "for conv1[0] - 2*conv2[1]@1,1" in Page(render_unit_page(showing, Unit("conv2", 1))).text
    assert "mixed" in Page(render_unit_page(showing, Unit("conv1", 0))).text
    assert "mixed" not in Page(render_unit_page(showing, Unit("conv1", 1))).text


@pytest.mark.parametrize("bottom", [False, True])
def test_examples_are_cut_to_what_the_unit_sees(showing: PageContext, bottom: bool) -> None:
    unit = Unit("conv2", 1)
    page = Page(render_unit_page(showing, unit))
    size, stride, offset = showing.network.layer("conv2").field  # type: ignore[union-attr, misc]
    tops = showing.library.top(unit, 9, bottom=bottom)
    alts = [one for one in page.all("img") if one["alt"].endswith("what conv2[1] sees")]
    shown = alts[9:] if bottom else alts[:9]
    assert len(alts) == 18
    for top, one in zip(tops, shown, strict=True):
        wide = np.pad(top.image(), ((20, 20), (20, 20), (0, 0)), constant_values=128)
        y, x = (20 + round(offset + k * stride - (size - 1) / 2) for k in top.position)
        assert np.array_equal(pixels_in(one["src"]), wide[y : y + size, x : x + size])
        assert format_page_number(top.value) in one["alt"]
        assert (
            f"{format_page_number(top.value)} at {top.position[0]},{top.position[1]}" in page.text
        )
        assert Path(top.path).name in page.text
    fields = wears(page, "span", "field")
    assert len(fields) == 18
    assert all("top:" in one["style"] for one in fields)


def test_backward_pictures_stand_below_each_example(showing: PageContext) -> None:
    page = Page(render_unit_page(showing, Unit("conv2", 1)))
    for words, gray in (("deconvnet", 100), ("guided backpropagation", 200)):
        found = [one for one in page.all("img") if f"{words} of conv2[1]" in one["alt"]]
        assert len(found) == 18
        assert (pixels_in(found[0]["src"]) == gray).all()


def with_(showing: PageContext, **changes: Any) -> PageContext:
    return PageContext(**{**vars(showing), **changes})


def test_what_is_missing_is_said(showing: PageContext) -> None:
    def none(*_: Any) -> Any:
        raise LensMissing("There is <no> way back.")

    unit = Unit("conv2", 1)
    assert (
        "There is <no> way back."
        in Page(render_unit_page(with_(showing, draw_backward=none), unit)).text
    )
    assert (
        "left out (--backs)"
        in Page(render_unit_page(with_(showing, draw_backward=None), unit)).text
    )
    alone = Page(render_unit_page(with_(showing, draw_backward=None, network=None), unit))
    assert "need the network itself" in alone.text
    assert not wears(alone, "span", "field")
    with Library(showing.library.path.with_name("e.sqlite"), "f" * 64) as empty:
        bare = Page(render_unit_page(PageContext(empty), unit))
    assert "dnnvis render" in bare.text
    assert "dnnvis scan" in bare.text
    assert not bare.all("img")


def test_a_picture_that_is_gone_leaves_its_words(showing: PageContext) -> None:
    (top,) = showing.library.top("conv2[1]", 1)
    Path(top.path).unlink()
    page = Page(render_unit_page(showing, Unit("conv2", 1)))
    assert f"{top.path} is gone" in page.text
    many = [one for one in page.all("img") if one["alt"].endswith("what conv2[1] sees")]
    assert len(many) < 18
    layer = Page(render_layer_page(showing, "conv2"))
    assert any("is gone" in one.get("title", "") for one in layer.all("div"))


def test_classes_are_counted_over_the_top_examples(showing: PageContext) -> None:
    tops = showing.library.top("conv2[1]", 9)
    many = sum(top.label == "class b" for top in tops)
    assert many > 0
    assert f"class b {many} of 9" in Page(render_unit_page(showing, Unit("conv2", 1))).text


def test_how_a_unit_behaves_is_told(showing: PageContext) -> None:
    statistics = showing.library.statistics("act")
    assert statistics is not None
    assert statistics.correlation is not None
    page = Page(render_unit_page(showing, Unit("act", 2)))
    assert format_page_number(float(statistics.mean[2])) in page.text
    assert f"awake on {format_percent(statistics.awake[2])} of 37 pictures" in page.text
    filled = int((statistics.counts[2] > 0).sum())
    assert len(wears(page, "rect", "bar")) == filled > 2
    others = {k: statistics.correlation[2, k] for k in range(9) if k != 2}
    kin = max(others, key=lambda k: abs(others[k]))
    first = re.search(r"act\[(\d)\] r = (-?[\d.]+)", page.text)
    assert first is not None
    assert int(first[1]) == kin
    assert float(first[2]) == pytest.approx(others[kin], abs=0.006)


def test_a_dead_unit_is_called_dead(
    library: Library, as_trained: Callable[..., Any], pictures: Path
) -> None:
    from torch import nn

    from dnnvis.network.opening.wrap import wrap

    module = as_trained(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()))
    module[0].bias.data[:] = -1e3
    network = wrap(module, size=12)
    with Library(library.path.with_name("d.sqlite"), network.fingerprint, card=network.card) as own:
        scan(network, pictures, own)
        assert (
            "dead: never above 0 on 37"
            in Page(render_unit_page(PageContext(own), Unit("1", 0))).text
        )
        layer = Page(render_layer_page(PageContext(own), "1"))
        assert "2 dead units" in layer.text
        assert len(wears(layer, "span", "dead")) == 2
        assert {one["data-awake"] for one in wears(layer, "li", "unit")} == {"0"}


def test_notes_and_the_bookmark_are_shown(showing: PageContext) -> None:
    page = Page(render_unit_page(showing, Unit("conv2", 1)))
    assert "looks like stripes" in page.text
    assert "at the edge" in page.text
    assert "★ bookmarked" in page.text
    assert "second layer" not in page.text
    assert "bookmarked" not in Page(render_unit_page(showing, Unit("conv2", 2))).text


def test_a_layer_shows_all_its_units(showing: PageContext) -> None:
    page = Page(render_layer_page(showing, "conv2"))
    units = wears(page, "li", "unit")
    assert [one["data-number"] for one in units] == [str(k) for k in range(9)]
    for k, one in enumerate(units):
        best = showing.library.best(f"conv2[{k}]")
        assert best is not None
        assert float(one["data-value"]) == best
        assert f"best {format_page_number(best)}" in page.text
    assert [one["data-kept"] for one in units] == ["0", "1", "0", "1", *"00000"]
    assert [one["data-marked"] for one in units].count("1") == 1
    assert "data-ratio" not in units[3]
    assert "looks like" in units[1]["data-words"]
    assert "second layer" in page.text
    assert "2 of 9 units" in page.text
    assert len([one for one in page.all("img") if "Example for" in one["alt"]]) == 36


def test_pages_lead_to_one_another(showing: PageContext) -> None:
    links = {"": "index.html", **assign_file_names(["conv2", "conv2[1]", "conv2[2]"])}
    showing = with_(showing, links=links)

    def hrefs(text: str) -> set[str]:
        return {one["href"] for one in Page(text).all("a")} - {"#main"}

    assert hrefs(render_layer_page(showing, "conv2")) == {
        "index.html",
        links["conv2[1]"],
        links["conv2[2]"],
    }
    assert {"index.html", links["conv2"], links["conv2[2]"]} <= hrefs(
        render_unit_page(showing, Unit("conv2", 1))
    )
    index = render_index_page(showing, ["conv2"], ["conv2[1]"])
    assert hrefs(index) == {links["conv2"], links["conv2[1]"]}
    assert "40 of 40 pictures" in Page(index).text


def test_what_no_one_knows_is_refused(filled: Library, network: Network) -> None:
    assert count_units(filled, None, "conv2") == count_units(filled, network, "conv2") == 9
    assert require_known_unit(filled, network, Unit("conv2", 8, (1, 1), 0)) == Unit("conv2", 8)
    for net in (None, network):
        with pytest.raises(UnknownUnit):
            count_units(filled, net, "conv99")
        with pytest.raises(UnknownUnit):
            require_known_unit(filled, net, Unit("conv2", 9))


def pages(showing: PageContext) -> dict[str, str]:
    return {
        "unit": render_unit_page(showing, Unit("conv2", 1)),
        "layer": render_layer_page(showing, "conv2"),
        "index": render_index_page(showing, ["conv2"], ["conv2[1]"]),
    }


@pytest.mark.parametrize("which", ["unit", "layer", "index"])
def test_a_page_needs_nothing_but_itself(showing: PageContext, which: str) -> None:
    page = Page(pages(showing)[which])
    for name, attributes in page.tags:
        for key in ("src", "href", "srcset", "action", "poster", "xlink:href", "background"):
            value = attributes.get(key, "data:")
            assert value.startswith(("data:", "#")), (name, key, value[:80])
        assert not [key for key in attributes if key.startswith("on")]
        assert "url(" not in attributes.get("style", "")
    assert not re.search(r"url\(|@import|https?:", STYLE + SCRIPT)
    assert page.inside["script"] == [SCRIPT]
    assert page.inside["style"] == [STYLE]
    policy = next(one for one in page.all("meta") if "http-equiv" in one)["content"]
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("which", ["unit", "layer", "index"])
def test_a_page_says_what_it_is_of_and_how_to_make_it_again(
    showing: PageContext, which: str
) -> None:
    page = Page(pages(showing)[which])
    for words in ("small", showing.library.fingerprint, "2026-03-04 05:06 UTC", "dnnvis one"):
        assert words in page.text
    assert "small" in "".join(page.inside["title"])


@pytest.mark.parametrize("which", ["unit", "layer", "index"])
def test_a_page_can_be_read_without_seeing_it(showing: PageContext, which: str) -> None:
    page = Page(pages(showing)[which])
    assert page.all("html")[0]["lang"] == "en"
    assert all(one["alt"].strip() for one in page.all("img"))
    assert all(one["aria-label"].strip() for one in page.all("svg"))
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    labelled = [name for name, _ in page.tags].count("label")
    assert labelled == len(page.all("input")) + len(page.all("select"))
    assert len(page.all("main")) == 1


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_in_light_and_dark(theme: dict[str, str]) -> None:
    """WCAG 2.2: 4.5 to 1 for text, 3 to 1 for bars."""
    for names, least in ((("text", "quiet", "link"), 4.5), (("bar", "below", "mark"), 3)):
        for name in names:
            for behind in ("back", "card", "well", "chip"):
                pair = sorted((luminance(theme[name]), luminance(theme[behind])))
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= least, (name, behind)


def test_no_text_breaks_out_of_its_place(network: Network, tmp_path: Path) -> None:
    folder = tmp_path / "p" / HOSTILE.replace("/", "")
    folder.mkdir(parents=True)
    for k in range(3):
        pixels = np.random.default_rng(k).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{k}<b>&amp;\u202egnp.png")
    path = tmp_path / "a<i>\"'&.sqlite"
    with Library(path, network.fingerprint, HOSTILE, card=network.card) as library:
        scan(network, tmp_path / "p", library, layers=["conv2"])
        library.write_note("conv2[0]", HOSTILE)
        library.write_note("conv2", HOSTILE)
        library.bookmark("conv2[0]")
        pixels = np.zeros((4, 4, 3), np.float32)
        library.save_picture(
            "conv2[0]", pixels, {"preset": HOSTILE, HOSTILE: HOSTILE}, QualityMetrics(1, 0, 0)
        )
        showing = PageContext(library, network, None, HOSTILE, [HOSTILE], links={"conv2": HOSTILE})
        for text in (
            render_unit_page(showing, Unit("conv2", 0)),
            render_layer_page(showing, "conv2"),
            render_index_page(showing, ["conv2"], ["conv2[0]"]),
        ):
            page = Page(text)
            assert page.inside["script"] == [SCRIPT]
            assert not page.all("b")
            assert not page.all("i")
            assert {one.get("src", "")[:5] for one in page.all("img")} <= {"data:"}
            assert not [key for _, one in page.tags for key in one if key.startswith("on")]
            assert HOSTILE in page.text
            assert "\u202e" not in text
        assert (
            "2<b>&amp;\N{REPLACEMENT CHARACTER}gnp.png"
            in Page(render_unit_page(showing, Unit("conv2", 0))).text
        )


def test_how_much_a_unit_sees_is_said_with_both_sides() -> None:
    tall = LayerInfo("a", "Conv2d", (1, 8, 8), field=((11, 5), (4, 2), (5.0, 2.0)))
    assert describe_field(tall) == "11 × 5 pixels"
    assert describe_field(replace(tall, field=(3, 1, 0.0))) == "3 × 3 pixels"
    assert describe_field(replace(tall, field=None)) == "the whole input"


def test_a_units_page_says_what_a_dissection_found(network: Network, library: Library) -> None:
    """Names of concepts come from folders of strangers."""
    context = PageContext(library, network)
    assert "detects" not in Page(render_unit_page(context, Unit("conv1", 0))).texts
    scores = np.full((6, 2), 0.01, np.float32)
    scores[1, 1] = 0.25
    numbers = np.zeros(6, np.float32)
    names = ("red", HOSTILE)
    save_dissection(
        library,
        DissectedLayer("small", "conv1", "made", names, "iou", scores, numbers, numbers, 9),
        "recipe",
    )
    named, bare = (Page(render_unit_page(context, Unit("conv1", k))).text for k in (1, 0))
    assert f"{HOSTILE}: IoU 0.25, best of 2 (made)" in named
    assert "none of 2 concepts (made)" in bare
    assert "detects" not in Page(render_unit_page(context, Unit("conv2", 0))).texts
