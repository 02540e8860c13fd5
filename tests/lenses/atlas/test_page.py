"""The page of an atlas: one file, texts escaped, every cell in it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.lenses.atlas.arrays import ImagesInMemory, build_from_arrays
from dnnvis.lenses.atlas.options import AtlasOptions
from dnnvis.lenses.atlas.page import render_atlas_page, write_atlas_page
from helpers.atlas_networks import LAYER, color_network, color_pictures

EVIL = "</script><script>alert(1)</script>"


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    options = AtlasOptions(
        LAYER, layout="pca", grids=(2, 3), per_picture=4, steps=2, batch=8, min_members=1
    )
    images, labels = color_pictures(40)
    return build_from_arrays(color_network(), options, images, labels)


def read_facts(page: str) -> dict:  # type: ignore[type-arg]
    (text,) = re.findall(r'<script type="application/json" id="atlas-data">(.*?)</script>', page)
    return json.loads(text)  # type: ignore[no-any-return]


def test_every_cell_is_there_with_its_classes_and_examples(atlas: Atlas, tmp_path: Path) -> None:
    images, _ = color_pictures(40)
    data = ImagesInMemory(images, [""] * 40)
    write_atlas_page(atlas, tmp_path / "page.html", color_network(), data)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    facts = read_facts(page)
    assert facts["classes"] == ["red", "blue"]
    for level in atlas.levels:
        cells = facts["levels"][str(level.grid)]
        assert [cell["at"] for cell in cells] == level.cells.tolist()
        assert [cell["count"] for cell in cells] == level.counts.tolist()
        assert all(1 <= len(cell["examples"]) <= 4 for cell in cells)
        best = [cell["classes"][0][0] for cell in cells]
        assert best == level.attribution.argmax(1).tolist()
    assert page.count('draggable="false"') == sum(len(level.cells) for level in atlas.levels)
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert "http://" not in page and "https://" not in page  # noqa: PT018


def test_names_cannot_break_the_page(atlas: Atlas) -> None:
    page = render_atlas_page(replace(atlas, classes=(EVIL, "blue"), network=EVIL, notes=(EVIL,)))
    assert "<script>alert" not in page
    assert read_facts(page)["classes"][0] == EVIL
    assert page.count("<script") == 2


def test_without_its_data_or_classes_the_page_still_shows_the_pictures(atlas: Atlas) -> None:
    levels = tuple(
        replace(level, attribution=np.zeros((len(level.cells), 0), np.float32))
        for level in atlas.levels
    )
    bare = replace(atlas, classes=(), class_ids=np.zeros(0, np.int64), levels=levels)
    facts = read_facts(render_atlas_page(bare))
    assert all(cell["examples"] == [] for cells in facts["levels"].values() for cell in cells)
