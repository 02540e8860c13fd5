"""Exported pages in a real browser: Debian's headless Chromium."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.lens_results import QualityMetrics
from dnnvis.core.unit import Unit
from dnnvis.library.pages.export import PageContext, assign_file_names, write_page
from dnnvis.library.pages.layer import render_index_page, render_layer_page
from dnnvis.library.pages.unit import render_unit_page
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import Library
from dnnvis.network.network import Network
from helpers.browser import CHROMIUM, driven, open_in_browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")

Browse = Callable[[Path], str]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """browse(page) -> the page as Chromium has it once all is loaded."""
    return lambda page: open_in_browser(page, tmp_path)


@pytest.fixture
def folder(library: Library, network: Network, pictures: Path, tmp_path: Path) -> Path:
    """Pages of a layer, of one of its units, and of all, with a note that would like to be
    a script."""
    scan(network, pictures, library)
    random = np.random.default_rng(0)
    for channel, value in ((1, 3.0), (4, 9.0), (7, 6.0)):
        pixels = random.random((12, 12, 3)).astype(np.float32)
        measures = QualityMetrics(value, 0.1, 0.2, 3.0)
        library.save_picture(f"conv2[{channel}]", pixels, {"preset": "live"}, measures)
    library.save_picture(
        "conv2[1]", random.random((80, 100, 3)).astype(np.float32), {"preset": "big"}
    )
    library.write_note("conv2[1]", "</script><script>document.title='broken'</script>")
    library.bookmark("conv2[4]")
    links = {"": "index.html", **assign_file_names(["conv2", "conv2[1]"])}
    showing = PageContext(
        library, network, lambda *_: np.full((5, 5, 3), 99, np.uint8), "today", links=links
    )
    place = tmp_path / "pages"
    write_page(place / links["conv2"], render_layer_page(showing, "conv2"))
    write_page(place / links["conv2[1]"], render_unit_page(showing, Unit("conv2", 1)))
    write_page(place / "index.html", render_index_page(showing, ["conv2"]))
    return place


def said(dom: str) -> dict[str, int]:
    """What the page's own script counted."""
    (head,) = re.findall(r"<html[^>]*>", dom)
    return {name: int(value) for name, value in re.findall(r'data-(\w+)="(\d+)"', head)}


@pytest.mark.parametrize("name", ["conv2.html", "conv2-1.html", "index.html"])
def test_every_picture_of_a_page_loads(folder: Path, browse: Browse, name: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    dom = browse(folder / name)
    many = text.count("<img ")
    assert many >= 3
    assert said(dom) == {"errors": 0, "images": many, "loaded": many}
    title = re.findall("<title>(.*?)</title>", dom)[0]
    assert title.endswith("small")
    assert "broken" not in title


def test_a_picture_that_does_not_load_is_noticed(folder: Path, browse: Browse) -> None:
    page = folder / "conv2-1.html"
    text = page.read_text(encoding="utf-8")
    spoiled = re.sub(r"base64,[A-Za-z0-9+/]{60}", "base64,", text, count=1)
    page.write_text(spoiled, encoding="utf-8")
    counts = said(browse(page))
    assert counts["loaded"] == counts["images"] - 1
    assert counts["errors"] == 0


def test_units_are_sorted_and_filtered(folder: Path, browse: Browse) -> None:
    script = """
    var tools = document.querySelector(".tools");
    function shown(name) {
      tools.dispatchEvent(new Event("input"));
      var units = Array.from(document.querySelectorAll(".unit:not([hidden])"));
      var numbers = units.map(function (one) { return one.dataset.number; }).join(",");
      document.body.dataset[name] = numbers + " " + tools.querySelector("output").textContent;
    }
    tools.elements.order.value = "ratio";
    shown("sorted");
    tools.elements.kept.checked = true;
    shown("kept");
    tools.elements.marked.checked = true;
    shown("marked");
    tools.elements.kept.checked = tools.elements.marked.checked = false;
    tools.elements.words.value = "SCRIPT";
    shown("found");
    """
    (body,) = re.findall("<body[^>]*>", browse(driven(folder / "conv2.html", script)))
    assert dict(re.findall(r'data-(\w+)="([^"]*)"', body)) == {
        "sorted": "4,7,0,1,2,3,5,6,8 9 of 9 units",  # the newest picture of 1 has no ratio
        "kept": "4,7,1 3 of 9 units",
        "marked": "4 1 of 9 units",
        "found": "1 1 of 9 units",
    }


def test_a_picture_is_enlarged_by_a_click_and_by_a_key(folder: Path, browse: Browse) -> None:
    script = """
    var one = document.querySelector(".kept img"), dialog = document.querySelector("dialog");
    var states = [];
    function tell() { states.push(dialog.open ? dialog.querySelector("p").textContent : "shut"); }
    one.click(); tell();
    dialog.click(); tell();
    one.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true})); tell();
    document.body.dataset.states = states.join("; ");
    """
    dom = browse(driven(folder / "conv2-1.html", script))
    words = "conv2[1], preset big"
    assert f'data-states="{words}; shut; {words}"' in dom
    (dialog,) = re.findall(r"<dialog open[^>]*>(.*?)</dialog>", dom, re.DOTALL)
    assert "data:image/png" in dialog


def test_other_scripts_may_not_run(folder: Path, browse: Browse) -> None:
    page = folder / "conv2-1.html"
    text = page.read_text(encoding="utf-8")
    evil = "<script>document.title='broken'</script></body>"
    page.write_text(text.replace("</body>", evil), encoding="utf-8")
    with pytest.raises(AssertionError, match="inline script violates"):
        browse(page)
