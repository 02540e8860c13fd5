"""Which source a text asks for."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.sources.parse import choice_from_text, source_from_text


def test_the_command_line_names_cameras_and_the_demo() -> None:
    assert source_from_text("webcam:0") == ("camera", "", 0)
    assert source_from_text("webcam:12") == ("camera", "", 12)
    assert source_from_text("webcam") == ("camera", "", 0)
    assert source_from_text("demo") == ("demo", "", 0)


def test_the_command_line_names_files_and_folders(tmp_path: Path, film: Path) -> None:
    Image.fromarray(np.zeros((3, 4, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "picture").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "film").write_bytes(film.read_bytes())
    wanted = {"a.png": "pictures", "picture": "pictures", "film": "video", "": "pictures"}
    for name, kind in wanted.items():
        path = str(tmp_path / name)
        assert source_from_text(path) == (kind, str(Path(path)), 0)
    assert source_from_text(str(film)) == ("video", str(film), 0)


@pytest.mark.parametrize("text", ["webcam:x", "webcam:-1", "nothing/here", "video", "pictures"])
def test_what_is_no_source_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=text.split(":")[-1]):
        source_from_text(text)


def test_a_file_that_is_neither_picture_nor_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("hello")
    with pytest.raises(BadInput, match="neither a picture nor a film"):
        source_from_text(str(tmp_path / "notes"))


def test_a_board_is_asked_for_in_words() -> None:
    bare = {"kind": "life", "path": "", "camera": 0}
    assert source_from_text("life") == source_from_text("life:9x9") == ("life", "", 0)
    assert choice_from_text("life") == choice_from_text("life:") == bare  # as it was left
    said = choice_from_text("life:60x80, periodic,glider,12.5/s")
    assert said == bare | {
        "board": "",
        "rule": "",
        "rows": 60,
        "columns": 80,
        "border": "periodic",
        "start": "glider",
        "rate": 12.5,
    }
    assert choice_from_text("life:.25") == bare | {
        "board": "",
        "rule": "",
        "start": "random",
        "density": 0.25,
    }
    assert choice_from_text("life:mix")["start"] == "mix"
    for text in ("life:highlife", "life:B36/S23,mix", "life:glider,23/36"):
        assert choice_from_text(text)["rule"] == "B36/S23"
    assert choice_from_text("demo") == {"kind": "demo", "path": "", "camera": 0}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("life:4y4", "'4y4' says nothing"),
        ("life:0x4", "at least 1 x 1"),
        ("life:0/s", "up to"),
        ("life:9999x9999", "at most"),
        ("life:dead,glidr", "'glidr' says nothing .* glider"),
    ],
)
def test_a_board_that_cannot_be_is_refused_in_words(words: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        choice_from_text(words)


def test_a_board_file_is_known_by_its_suffix_or_its_header(tmp_path: Path) -> None:
    for name in ("glider.rle", "glider"):
        file = tmp_path / name
        file.write_text("#N Glider\nx = 3, y = 3, rule = B3/S23\nbo$2bo$3o!\n")
        assert source_from_text(str(file)) == ("life", str(file), 0)
        wanted = {"kind": "life", "path": str(file), "camera": 0, "board": "", "rule": ""}
        assert choice_from_text(str(file)) == wanted


def test_a_bounded_board_brings_its_size_and_border(tmp_path: Path) -> None:
    file = tmp_path / "torus.rle"
    file.write_text("x = 3, y = 3, rule = B3/S23:T50,30\nbo$2bo$3o!\n")
    said = choice_from_text(str(file))
    assert (said["rows"], said["columns"], said["border"]) == (30, 50, "periodic")


def test_a_bad_board_file_is_refused_before_it_is_chosen(tmp_path: Path) -> None:
    bad = tmp_path / "wire.rle"
    bad.write_text("x = 3, y = 3, rule = WireWorld\n3o!")
    with pytest.raises(BadInput, match=r"wire\.rle .* its rule WireWorld is no rule"):
        choice_from_text(str(bad))


@pytest.mark.parametrize("name", ["a.cells", "a.lif", "a.mc", "a.rle.gz"])
def test_boards_of_every_format_are_boards(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("#Life 1.06\n0 0\n")  # what it is inside is found out later
    assert source_from_text(str(file)) == ("life", str(file), 0)


def test_addresses_and_devices_are_cameras() -> None:
    for address in ("rtsp://me:secret@10.0.0.7/live", "http://10.0.0.7:8080/video", "HTTP://a/b"):
        assert source_from_text(address) == ("stream", address, 0)
    assert source_from_text("/dev/video3") == ("camera", "", 3)


def test_a_picture_at_a_web_address_is_refused_with_what_to_do() -> None:
    with pytest.raises(BadInput, match=r"example\.org/cat\.jpg is a picture .* save it first"):
        source_from_text("https://example.org/cat.jpg?token=1")


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_name_is_no_folder(text: str) -> None:
    with pytest.raises(BadInput, match="An empty name"):
        source_from_text(text)


def test_a_very_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(BadInput) as caught:
        source_from_text("data:image/png;base64," + "A" * 100)
    assert "AAA" in str(caught.value)
    with pytest.raises(BadInput) as caught:
        source_from_text("data:image/png;base64," + "A" * 300)
    assert len(str(caught.value)) < 500


def test_playlists_and_arrays_are_no_films(tmp_path: Path, film: Path) -> None:
    (tmp_path / "list").write_text(f"#EXTM3U\n#EXTINF:1,\n{film}\n")
    np.save(tmp_path / "stack.npy", np.zeros((20, 32, 32, 3), np.uint8))
    with pytest.raises(BadInput, match="neither a picture nor a film"):
        source_from_text(str(tmp_path / "list"))
    assert source_from_text(str(tmp_path / "stack.npy"))[0] == "examples"
