"""``dnnvis library``: list, export, merge, prune."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dnnvis as toolbox
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.core.run_lock import run_lock
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import Library, library_path, open_library

Say = Callable[..., Any]
Refuse = Callable[..., str]
NET = "net1-mnist"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    for number in range(12):
        random = np.random.default_rng(number)
        (folder / str(number % 2)).mkdir(exist_ok=True)
        pixels = random.integers(0, 256, (28, 28), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / str(number % 2) / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def network() -> Any:
    return toolbox.open(NET)


@pytest.fixture
def own(network: Any, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library of net1-mnist in a data folder of its own: six pictures, one scan."""
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    with open_library(network) as library:
        fill(library)
        scan(network, pictures, library, layers=["dense3", "output"])
    return library_path(network.fingerprint)


def fill(library: Library, seed: int = 0) -> None:
    random = np.random.default_rng(seed)
    for unit in ("dense3[0]", "dense3[1]", "output[7]"):
        for preset in ("live", "live"):
            pixels = random.random((28, 28, 1)).astype(np.float32)
            library.save_picture(
                unit, pixels, {"preset": preset}, QualityMetrics(1.0, 0.2, 0.1, 0.5)
            )
    library.write_note("output[7]", f"seven {seed}")
    library.bookmark("dense3[1]")


def test_no_library_is_said(dnnvis: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "nothing"))
    said = dnnvis("library", "list")
    assert said.status == 0
    assert "no library yet" in said.out
    assert dnnvis("library", "list", "--json").out == ""
    assert not (tmp_path / "nothing").exists()


def test_all_libraries_are_listed_also_those_that_cannot_be_read(dnnvis: Say, own: Path) -> None:
    (own.parent / "broken.sqlite").write_text("no library " * 99)
    said = dnnvis("library", "list")
    assert said.status == 0
    row = next(line.split() for line in said.out.splitlines() if line.split()[:1] == [NET])
    assert row[1:5] == ["6", "1", "1", "1"]
    assert row[-1] == str(own)
    assert "broken.sqlite is not a library" in said.out
    good, bad = map(json.loads, dnnvis("library", "list", "--json").out.splitlines())
    assert (good["network"], good["path"]) == (NET, str(own))
    assert good["bytes"] >= own.stat().st_size
    assert "error" in bad


@pytest.mark.parametrize("by_file", [True, False], ids=["file", "net"])
def test_one_library_is_told_in_full(dnnvis: Say, own: Path, by_file: bool) -> None:
    which = ["--file", own] if by_file else [NET]
    said = dnnvis("library", "list", *which)
    assert said.status == 0
    for words in (
        r"dense3 +live +4",
        r"output +live +2",
        r"12 of 12 +9 +dense3, output +finished",
        "note to output\\[7\\]: seven 0",
        "bookmarks: dense3\\[1\\]",
    ):
        assert re.search(words, said.out), words
    found = json.loads(dnnvis("library", "list", *which, "--json").out)
    assert {"layer": "dense3", "preset": "live", "pictures": 4} in found["pictures"]
    assert found["scans"][0]["seen"] == 12
    assert found["noted"] == {"output[7]": "seven 0"}


class _Images(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.alts: list[str] = []
        self.feed(text)

    def handle_starttag(self, name: str, attributes: Any) -> None:
        if name == "img":
            self.alts.append(dict(attributes)["alt"])


def alts(page: Path) -> list[str]:
    return _Images(page.read_text(encoding="utf-8")).alts


def test_a_unit_is_exported_with_its_backward_pictures(
    dnnvis: Say, own: Path, tmp_path: Path
) -> None:
    page = tmp_path / "new" / "seven.html"
    said = dnnvis("library", "export", NET, "output[7]", "-o", page)
    assert said.status == 0, said.err
    assert str(page) in said.out, said.err
    shown = alts(page)
    assert sum("synthesis" in alt for alt in shown) == 2
    for words in ("what output[7] sees", "deconvnet of", "guided backpropagation of"):
        assert sum(words in alt for alt in shown) == 18, words
    text = page.read_text(encoding="utf-8")
    assert f"dnnvis library export {NET} &#x27;output[7]&#x27; -o {page}" in text
    assert f"dnnvis render {NET} --layer output --preset live" in text
    assert f"dnnvis scan {NET} --data " in text
    assert list(page.parent.iterdir()) == [page]


def test_backward_pictures_can_be_left_out(dnnvis: Say, own: Path, tmp_path: Path) -> None:
    page = tmp_path / "p.html"
    assert dnnvis("library", "export", NET, "output[7]", "-o", page, "--no-backs", "-k", 3).out
    shown = alts(page)
    assert sum("sees" in alt for alt in shown) == 6
    assert not any("deconvnet" in alt for alt in shown)
    assert "--no-backs -k 3" in page.read_text(encoding="utf-8")


def test_a_folder_gets_a_page_of_each_layer_and_one_that_leads_there(
    dnnvis: Say, own: Path, tmp_path: Path
) -> None:
    said = dnnvis("library", "export", NET, "-o", tmp_path / "out", "--json")
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert [row["shows"] for row in rows] == ["dense3", "output", ""]
    assert all(Path(row["page"]).stat().st_size == row["bytes"] for row in rows)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"index.html", "dense3.html", "output.html"}
    assert 'href="dense3.html"' in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_a_layer_with_its_units_and_without_the_network(
    dnnvis: Say, own: Path, tmp_path: Path
) -> None:
    words = ["library", "export", "--file", own, "output", "dense3[1]", "-o", tmp_path / "out"]
    said = dnnvis(*words, "--units")
    assert said.status == 0, said.err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    units = {f"output-{k}.html" for k in range(10)}
    assert names == {"index.html", "output.html", "dense3-1.html", *units}
    text = (tmp_path / "out" / "output-7.html").read_text(encoding="utf-8")
    assert "need the network itself" in text
    assert 'href="output-8.html"' in text


def test_what_cannot_be_exported_is_refused(refuses: Refuse, own: Path, tmp_path: Path) -> None:
    page = tmp_path / "p.html"
    assert "-o FILE.html" in refuses("library", "export", NET)
    assert "one page" in refuses("library", "export", NET, "-o", page)
    assert "one page" in refuses("library", "export", NET, "output", "--units", "-o", page)
    assert "Say which NET" in refuses("library", "export", "-o", page)
    assert "no layer 'danse'" in refuses("library", "export", NET, "danse", "-o", page)
    assert "0 to 9" in refuses("library", "export", NET, "output[10]", "-o", page)
    assert "10 units" in refuses("library", "export", "--file", own, "output[10]", "-o", page)
    assert "is no unit" in refuses("library", "export", NET, "output[x]", "-o", page)
    assert "max or by mean" in refuses("library", "export", NET, "output", "-o", page, "--by", "x")
    assert "no library" in refuses(
        "library", "export", "--file", tmp_path / "none", "a", "-o", page
    )
    taken = tmp_path / "taken"
    taken.touch()
    assert "cannot be written" in refuses("library", "export", NET, "output", "-o", taken)
    assert not page.exists()


def test_a_network_without_a_library_is_refused(
    refuses: Refuse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    for words in (["list", NET], ["export", NET, "-o", tmp_path / "o"], ["prune", NET]):
        assert "There is no library" in refuses("library", *words)
    assert not list(tmp_path.iterdir())


def test_libraries_are_merged_into_a_new_one(
    dnnvis: Say, own: Path, network: Any, tmp_path: Path
) -> None:
    other, into = tmp_path / "other.sqlite", tmp_path / "deep" / "all.sqlite"
    with open_library(network, other) as library:
        fill(library, seed=1)
    said = dnnvis("library", "merge", own, other, into)
    assert said.status == 0, said.err
    first, second = said.out.splitlines()
    assert first.startswith(f"{own}: 6 new pictures (0 known before); 1 new note")
    assert "1 scan taken over" in first
    assert "two notes joined for output[7]" in second
    with open_library(network, into, create=False) as merged:
        assert len(merged.pictures("dense3[0]")) == 4
        assert merged.notes()["output[7]"] == "seven 0\n\nseven 1"
        assert len(merged.top("output[7]")) == 9
    again = json.loads(dnnvis("library", "merge", own, into, "--json").out)
    assert (again["pictures"], again["known"], again["worse"]) == (0, 6, 1)


def test_a_merge_that_fails_leaves_nothing_behind(
    refuses: Refuse, own: Path, tmp_path: Path
) -> None:
    other, into = tmp_path / "other.sqlite", tmp_path / "all.sqlite"
    with Library(other, "e" * 64, "another") as library:
        fill(library)
    assert "belongs to the network another" in refuses("library", "merge", own, other, into)
    assert "no library" in refuses("library", "merge", tmp_path / "none", into)
    assert "last the one" in refuses("library", "merge", own)
    assert sorted(path.name for path in tmp_path.glob("*.sqlite*")) == ["other.sqlite"]


def test_prune_tells_what_would_go_and_then_does_it(dnnvis: Say, own: Path) -> None:
    def held() -> int:
        with Library(own, create=False) as library:
            return int(library.rows("SELECT count(*) FROM pictures")[0][0])

    said = dnnvis("library", "prune", NET, "--keep", 1, "--dry-run")
    assert said.status == 0
    assert "would drop 3 pictures" in said.out
    assert held() == 6
    found = json.loads(dnnvis("library", "prune", "--file", own, "--keep", 1, "--json").out)
    assert found["pictures"] == 3
    assert not found["dry_run"]
    assert held() == 3
    assert found["bytes_after"] <= found["bytes_before"]
    said = dnnvis("library", "prune", "--file", own, "--unfinished", 0)
    assert "dropped 0 pictures, 0 scans, 0 orphans (0 rows)" in said.out


def test_vectors_of_atlases_go_and_their_lock_tells_who_needs_them(
    dnnvis: Say, refuses: Refuse, own: Path
) -> None:
    data_folder = own.parents[1]
    with Library(own, create=False) as library:
        mine = data_folder / "atlases" / f"{library.fingerprint[:16]}-abc"
    other = data_folder / "atlases" / "0123456789abcdef-abc"
    for folder in (mine, other):
        (folder / "part").mkdir(parents=True)
        (folder / "part" / "vectors").write_bytes(bytes(2 << 20))
    prune = ("library", "prune", "--file", own, "--vectors")
    assert "would drop 2.10 MB of vectors" in dnnvis(*prune, "--dry-run").out
    with run_lock(mine, "run of this atlas"):
        assert "is at work" in refuses(*prune)
    assert (mine / "part" / "vectors").exists()
    found = json.loads(dnnvis(*prune, "--json").out)
    assert found["vector_bytes"] == 2 << 20
    assert not list(mine.rglob("vectors"))
    assert (other / "part" / "vectors").exists()


def test_unfinished_scans_go_by_their_age(dnnvis: Say, own: Path) -> None:
    with Library(own, create=False) as library:
        library.run("UPDATE scans SET finished = 0")
    young = dnnvis("library", "prune", "--file", own, "--unfinished", 1)
    assert "0 scans" in young.out
    old = dnnvis("library", "prune", "--file", own, "--unfinished", 0)
    assert "dropped 0 pictures, 1 scan, 1 orphan" in old.out


def test_what_cannot_be_pruned_is_refused(refuses: Refuse, own: Path) -> None:
    assert "Say which NET" in refuses("library", "prune")
    assert "--keep 1" in refuses("library", "prune", "--file", own, "--best")
    assert "--keep" in refuses("library", "prune", "--file", own, "--keep", 0)


def test_names_in_a_library_do_not_command_the_terminal(dnnvis: Say, tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    with Library(path, "e" * 64, "\x1b[2Jevil[bold]") as library:
        library.save_picture(
            "a[0]", np.zeros((2, 2, 3), np.float32), {"preset": "\x1b]0;x\x07[red]"}
        )
        library.write_note("a[0]", "\x1b[31mred\u202e")
    out = dnnvis("library", "list", "--file", path).out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "evil[bold]" in out
    assert "[red]" in out
