"""What pages are put together from."""

import re
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.formatting import format_percent
from dnnvis.library.pages.charts import (
    render_curves,
    render_histogram,
    render_meter,
)
from dnnvis.library.pages.export import assign_file_names, write_page
from dnnvis.library.pages.html import Html, escape, join, tag
from dnnvis.library.store.histogram_bins import bin_edges


def test_text_is_escaped_unless_it_is_html() -> None:
    assert tag("p", "a < b", Html("<br>"), None, ["x", ["&"]]) == "<p>a &lt; b<br>x&amp;</p>"
    assert tag("a", "x", href='"><', class_="c", hidden=True, title=None) == (
        '<a href="&quot;&gt;&lt;" class="c" hidden>x</a>'
    )
    assert tag("img", data_value=0.5) == '<img data-value="0.5">'
    assert join("<", Html("<")) == "&lt;<"
    assert escape("a\x00\ud800\u202e\tb\n") == "a\ufffd\ufffd\ufffd\tb\n"


def test_a_meter_is_as_full_as_its_value() -> None:
    assert "width:25.0%" in render_meter(0.5, 2)
    assert "left:50.0%" in render_meter(0, 2, 1)
    assert "width:100.0%" in render_meter(9, 2)
    assert "width:0.0%" in render_meter(-1, 2)


def test_a_histogram_draws_its_counts() -> None:
    limits = bin_edges()
    zero = int(np.flatnonzero(limits == 0)[0])
    counts = np.zeros(len(limits) - 1, np.int64)
    counts[zero], counts[zero + 3], counts[zero - 1] = 7, 63, 1
    text = render_histogram(counts, limits)
    heights = [float(one) for one in re.findall(r'<rect[^>]* height="([\d.]+)"', text)]
    assert heights == pytest.approx(
        [180 * np.log1p(n) / np.log1p(63) for n in (1, 7, 63)], abs=0.02
    )
    assert text.count('class="bar below"') == 1
    assert "71 activations" in text
    assert f"{format_percent(70 / 71)} lie above 0" in text
    assert "63 values" in text
    assert "Nothing" in render_histogram(np.zeros_like(counts), limits)


def test_a_curve_runs_from_the_least_to_the_most() -> None:
    text = render_curves(np.array([[1.0, 5.0], [3.0, np.nan], [2.0, 4.0]], np.float32))
    first, second = [line.split() for line in re.findall(r'points="([^"]*)"', text)]
    assert first == ["0.0,60.0", "120.0,30.0", "240.0,45.0"]
    assert second[0] == "0.0,0.0"
    assert len(second) == 2
    assert render_curves(np.ones(1, np.float32)) == ""


def test_files_have_plain_names_of_their_own() -> None:
    wild = ["conv5[1]", "conv5-1", "CONV5[1]", "../../etc/passwd", "index", "", "..", "a" * 300]
    names = assign_file_names(wild)
    assert names["conv5[1]"] == "conv5-1.html"
    assert len({name.lower() for name in names.values()} | {"index.html"}) == len(wild) + 1
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*\.html", n) for n in names.values())
    assert max(map(len, names.values())) < 100


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_page(tmp_path / "new" / "p.html", "ä")
    assert (tmp_path / "new" / "p.html").read_bytes() == "ä".encode()
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        write_page(tmp_path / "folder.html", "x")
    with pytest.raises(BadInput, match="cannot be written"):
        write_page(tmp_path / "new" / "p.html" / "q.html", "x")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder.html", "new"]
