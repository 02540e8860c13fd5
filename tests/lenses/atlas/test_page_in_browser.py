"""The page of an atlas in a real browser: one flies over it, points, and filters."""

import re
from pathlib import Path

import pytest

from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.lenses.atlas.arrays import ImagesInMemory, build_from_arrays
from dnnvis.lenses.atlas.options import AtlasOptions
from dnnvis.lenses.atlas.page import write_atlas_page
from helpers.atlas_networks import LAYER, color_network, color_pictures
from helpers.browser import CHROMIUM, driven, open_in_browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")

SCRIPT = """
addEventListener("load", function () {
  var page = document.documentElement, tools = document.querySelector(".tools");
  var told = [];
  function tell() {
    told.push(page.dataset.level + " " + (page.dataset.cell || "-") + " " +
      tools.querySelector("output").textContent);
  }
  tell();
  tools.elements.nearer.click();
  tell();
  var image = Array.from(document.querySelectorAll(".level img")).find(function (one) {
    return !one.parentNode.hidden;
  });
  image.dispatchEvent(new Event("pointerover", { bubbles: true }));
  tell();
  tools.elements.farther.click();
  tools.elements.category.value = "0";
  tools.elements.category.dispatchEvent(new Event("input"));
  tell();
  document.body.dataset.told = told.join("; ");
  document.body.dataset.seen = document.querySelectorAll(".cell-info .seen img").length;
});
"""


def test_one_flies_points_and_filters(tmp_path: Path) -> None:
    options = AtlasOptions(
        LAYER, layout="pca", grids=(2, 4), per_picture=4, steps=2, batch=8, min_members=1
    )
    images, labels = color_pictures(40)
    atlas: Atlas = build_from_arrays(color_network(), options, images, labels)
    page = tmp_path / "page.html"
    write_atlas_page(atlas, page, color_network(), ImagesInMemory(images, [""] * 40))
    plain = open_in_browser(page, tmp_path)
    (head,) = re.findall(r"<html[^>]*>", plain)
    facts = dict(re.findall(r'data-(\w+)="(\d+)"', head))
    assert facts["errors"] == "0"
    assert facts["images"] == facts["loaded"]
    (body,) = re.findall("<body[^>]*>", open_in_browser(driven(page, SCRIPT), tmp_path))
    told = re.findall(r'data-told="([^"]*)"', body)[0].split("; ")
    coarse, fine = atlas.levels
    row, column = fine.cells[0].tolist()
    red = int((coarse.attribution[:, 0] > 0).sum())
    assert told == [
        f"2 - {len(coarse.cells)} cells",
        f"4 - {len(coarse.cells)} cells",
        f"4 {row},{column} {len(coarse.cells)} cells",
        f"2 {row},{column} {red} cells",
    ]
    assert int(re.findall(r'data-seen="(\d+)"', body)[0]) >= 1
