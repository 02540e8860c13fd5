"""Boards as text, there and back."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.image_files import read_picture
from dnnvis.sources.life.patterns import pattern_board, patterns
from dnnvis.sources.life.rle import is_rle, read_rle, read_rle_file, write_rle

GUN = """#N Gosper glider gun
#O Bill Gosper, November 1970
#C The first known gun.
#R -5 3
x = 36, y = 9, rule = b3/s23
24bo$22bobo$12b2o6b2o12b2o$11bo3bo4b2o12b2o$2o8bo5bo3b2o$2o8bo3bob2o4b
obo$10bo5bo7bo$11bo3bo$12b2o!
What follows is for people.
"""


def picture(text: str) -> np.ndarray:
    rows = text.split()
    return np.array([[cell == "#" for cell in row] for row in rows], np.uint8)


def test_a_file_as_it_is_handed_around_is_read() -> None:
    gun = read_rle(GUN)
    assert gun.name == "Gosper glider gun"
    assert gun.border == ""
    assert gun.comments == ("Bill Gosper, November 1970", "The first known gun.")
    wanted = picture("""
        ........................#...........
        ......................#.#...........
        ............##......##............##
        ...........#...#....##............##
        ##........#.....#...##..............
        ##........#...#.##....#.#...........
        ..........#.....#.......#...........
        ...........#...#....................
        ............##......................""")
    assert np.array_equal(gun.cells, wanted)


@pytest.mark.parametrize("rule", ["B3/S23", "b3/s23", "23/3", "B3S23", "Life", None])
def test_every_way_to_write_conways_rule_is_read(rule: str | None) -> None:
    head = "x=3,y = 2" + (f", rule={rule}" if rule else "")
    assert np.array_equal(read_rle(f"\n{head}\r\nbo$3o$!").cells, picture(".#. ###"))


def test_blank_rows_short_rows_and_breaks_within_a_run_are_read() -> None:
    wanted = picture("#.... ..... ..... ...## .....")
    for body in ("o3$3b2o!", "1o4b$5b$5b$3b2o$5b!", "o 3\n$3b\n2o$!", "A3$3.2A!"):
        assert np.array_equal(read_rle(f"x = 5, y = 5\n{body}").cells, wanted), body
    assert not read_rle("x = 5, y = 5\n!").cells.any()


def test_a_bounded_grid_brings_its_size_and_border() -> None:
    torus = read_rle("x = 3, y = 1, rule = B3/S23:T8,5\n3o!")
    assert torus.border == "periodic"
    assert np.array_equal(torus.cells, picture("........ ........ ..###... ........ ........"))
    plane = read_rle("x = 3, y = 1, rule = 23/3:P5\n3o!")
    assert (plane.border, plane.cells.shape) == ("dead", (5, 5))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no line 'x = "),
        ("#N only a name\n", "no line 'x = "),
        ("hello\nx = 3, y = 3\n3o!", "'hello' stands where"),
        ("x = 3, y = 3, rule = B36/S23\n3o!", "rule is B36/S23"),
        ("x = 3, y = 3, rule = WireWorld\n3o!", "rule is WireWorld"),
        ("x = 3, y = 3, rule = B3/S23:K9,9\n3o!", "bounded as 'K9,9'"),
        ("x = 9, y = 9, rule = B3/S23:T4,4\n3o!", "larger than its board of 4 x 4"),
        ("x = 3, y = 3\n4o!", "row 1 runs past its width of x = 3"),
        ("x = 3, y = 3\n$2o2b!", "row 2 runs past"),
        ("x = 3, y = 2\no$o$o!", "more rows than its y = 2"),
        ("x = 3, y = 3\n3o", "cut short"),
        ("x = 3, y = 3\n3o$12", "cut short"),
        ("x = 3, y = 3\n3oq!", "'q' stands among the cells"),
        ("x = 3, y = 3\nB!", "'B' stands among the cells"),
        ("x = 0, y = 3\n!", "empty"),
        ("x = 100000, y = 100000\n!", "100000 x 100000 cells; the most is 4,000,000"),
        (f"x = 3, y = {'9' * 5000}\n!", "the most is"),
        (f"x = 3, y = 3\n{'9' * 5000}o!", "past every width"),
    ],
)
def test_a_bad_text_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_rle(text)


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1), (40, 60), (7, 3)])
@pytest.mark.parametrize("density", [0.0, 0.02, 0.5, 1.0])
def test_what_was_written_is_read_again(size: tuple[int, int], density: float) -> None:
    dice = np.random.default_rng(size[0])
    cells = (dice.random(size) < density).astype(np.uint8)
    text = write_rle(cells, "a board", ["with a comment", "over\ntwo lines"])
    back = read_rle(text)
    assert np.array_equal(back.cells, cells)
    assert (back.name, back.comments) == ("a board", ("with a comment", "over two lines"))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 70
    assert lines[3] == f"x = {size[1]}, y = {size[0]}, rule = B3/S23"
    assert not any(line[-1:].isdigit() for line in lines[4:]), "no run is broken in two"


def test_every_pattern_survives_being_written() -> None:
    for one in patterns():
        assert np.array_equal(read_rle(write_rle(pattern_board(one))).cells, pattern_board(one))


def test_runs_are_as_short_as_the_format_allows() -> None:
    cells = picture("..#.. ##### ..... ..... .#.#. .....")
    assert write_rle(cells).splitlines() == ["x = 5, y = 6, rule = B3/S23", "2bo$5o3$bobo!"]


def test_only_one_board_is_written_at_a_time() -> None:
    with pytest.raises(BadInput, match="One board"):
        write_rle(np.zeros((2, 3, 3), np.uint8))


def test_files_are_read_and_bad_ones_are_named(tmp_path: Path) -> None:
    good, bad, photo = (tmp_path / name for name in ("gun.rle", "bad.rle", "photo"))
    good.write_text(GUN)
    bad.write_text("x = 3, y = 3\n3o")
    photo.write_bytes(bytes(range(256)) * 20)
    assert np.array_equal(read_rle_file(good).cells, read_rle(GUN).cells)
    for file in (bad, photo):
        with pytest.raises(BadInput, match=f"{file.name} is no board that can be opened: "):
            read_rle_file(file)
    with pytest.raises(BadInput, match=r"none\.rle cannot be read: No such file"):
        read_rle_file(tmp_path / "none.rle")
    with pytest.raises(BadInput, match="cannot be read: Is a directory"):
        read_rle_file(tmp_path)
    assert [is_rle(file) for file in (good, bad, photo, tmp_path)] == [True, True, False, False]


def test_a_file_that_is_far_too_large_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnnvis.sources.life.rle.MAX_FILE_BYTES", 1_000_000)
    file = tmp_path / "large.rle"
    file.write_bytes(b"x" * 1_000_001)
    with pytest.raises(BadInput, match=r"large\.rle .* larger than 1 MB"):
        read_rle_file(file)


def test_a_board_can_be_read_as_a_picture(tmp_path: Path) -> None:
    place = tmp_path / "glider.rle"
    place.write_text("x = 3, y = 4, rule = B3/S23\nbo$2bo$3o!\n")
    picture = read_picture(place)
    assert picture.shape == (4, 3, 3)
    assert picture.dtype == np.uint8
    assert (picture[..., 1] // 255).tolist() == [[0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]]
    place.write_text("no board")
    with pytest.raises(BadInput, match=r"glider\.rle"):
        read_picture(place)
