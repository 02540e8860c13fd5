"""Boards as text, there and back."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.life.patterns import pattern_board, patterns
from dnnvis.sources.life.rle import read_rle, write_rle

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
    """Golly's cell (0, 0) is column 4 of 8; of a pattern of 3 columns it is the second."""
    torus = read_rle("x = 3, y = 1, rule = B3/S23:T8,5\n3o!")
    assert torus.border == "periodic"
    assert np.array_equal(torus.cells, picture("........ ........ ...###.. ........ ........"))
    plane = read_rle("x = 3, y = 1, rule = 23/3:P5\n3o!")
    assert (plane.border, plane.cells.shape) == ("dead", (5, 5))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no line 'x = "),
        ("#N only a name\n", "no line 'x = "),
        ("hello\nx = 3, y = 3\n3o!", "'hello' stands where"),
        ("boo", "'boo' stands where"),
        ("x = 3, y = 3, rule = WireWorld\n3o!", "rule WireWorld is no rule that is known"),
        ("x = 3, y = 3, rule = B2/S/C3\n3o!", "B2/S/C3 is a Generations rule, .* through 3 states"),
        ("x = 3, y = 3, rule = B2-a/S12\n3o!", "B2-a/S12 asks where the neighbors are"),
        ("#r 345/2/4\nx = 3, y = 3\n3o!", "345/2/4 is a Generations rule"),
        ("x = 3, y = 3, rule = B3/S23:K9,9\n3o!", "bounds its board as 'K9,9'"),
        ("x = 9, y = 9, rule = B3/S23:T4,4\n9o!", "lie outside of its board of 4 x 4"),
        ("#CXRLE Pos=3,0\nx = 3, y = 1, rule = B3/S23:P8\n3o!", "outside of its board of 8 x 8"),
        ("x = 3, y = 3\n3o?!", r"'\?' stands among the cells"),
        ("x = 3, y = 3\n3\u00f6!", "'\u00f6' stands among the cells"),
        ("x = 3, y = 3, rule = LifeHistory\n.AF!", "state F"),
        ("x = 0, y = 3\n!", "empty"),
        ("x = 100000, y = 100000\n!", "100000 x 100000 cells; the most is 4,000,000"),
        ("x = 3, y = 3, rule = B3/S23:T9999,9999\n!", "9999 x 9999 cells; the most is"),
        ("x = 3, y = 3, rule = B3/S23:T4000001,0\n!", "the most is"),
        (f"x = 3, y = {'9' * 5000}\n!", "the most is"),
        (f"x = 3, y = 3\n{'9' * 5000}o!", "past every width"),
        ("x = 3, y = 3\n999999999o!", "999999999 x 3 cells; the most is"),
        ("x = 3, y = 3\n999999999$o!", "1000000000 cells; the most is"),
        ("x = 3, y = 3\n" + "999999999b" * 40 + "o!", "the most is"),
    ],
)
def test_a_bad_text_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_rle(text)


GLIDER = picture(".#. ..# ###")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("bob$2bo$3o!\n", "no line 'x = ..., y = ...'"),
        ("x = 3, y = 3, rule = B3/S23\nbob$2bo$3o\n", "no ! at its end"),
        ("x = 3, y = 3, rule = B3/S23\nbob$2bo$3o$12", "no ! at its end"),
        ("x = 0, y = 0, rule = B3/S23\nbob$2bo$3o!\n", "says 0 x 0, but its cells need 3 x 3"),
        ("x = 2, y = 1, rule = B3/S23\nbob$2bo$3o!\n", "says 2 x 1, but its cells need 3 x 3"),
        ("x = 3, y = 3, rule = B3/S23\nbxb$2bx$3x!\n", "Letters other than b and o"),
        ("x = 3, y = 3\nbob$2bo$3o!\n", "names no rule: B3/S23 is assumed"),
        ("x = 3, y = 3, rule = LifeHistory\nBAD$B.C$3E!\n", "marks and a past"),
    ],
)
def test_what_golly_reads_all_the_same_is_read_and_said(text: str, note: str) -> None:
    """bgolly 3.3 reads a glider from each but the last, which its window does."""
    board = read_rle(text)
    assert np.array_equal(board.cells, GLIDER)
    assert any(note in sentence for sentence in board.notes)


@pytest.mark.parametrize(
    "text",
    [
        "x = 3, y = 3, rule = B3/S23\nbob$\n#C here!\n2bo$3o!\n",
        "x = 3, y = 3, rule = B3/S23\nbobbbb$2bo7b$3o9b!\n",
        "x = 3, y = 3, rule = B3/S23\nBOB$2BO$3O!",
        "x = 3, y = 3, rule = B3/S23\rbob$2bo\r$3o!\rand more text! 3o",
        "#C x\r\nx = 3, y = 3, rule = B3/S23\r\nbob$2bo\r\n$3\r\no!",
        "x = 3, y = 3, rule = B3/S23\n0b1o$2bo$0003o!",
    ],
)
def test_other_ways_to_write_it_need_no_word(text: str) -> None:
    board = read_rle(text)
    assert np.array_equal(board.cells, GLIDER)
    assert board.notes == ()


def test_a_number_may_be_broken_over_two_lines() -> None:
    assert np.array_equal(
        read_rle("x = 12, y = 1, rule = B3/S23\n1\n2o!\n").cells, np.ones((1, 12))
    )


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        ("x = 3, y = 3, rule = B36/S23\n", "B36/S23"),
        ("x = 3, y = 3, rule = 23/36\n", "B36/S23"),
        ("x = 3, y = 3, rule = s23/b36:T9,9\n", "B36/S23"),
        ("x = 3, y = 3, rule = HighLife\n", "B36/S23"),
        ("x = 3, y = 3, rule = B2/S\n", "B2/S"),
        ("#r 23/36\nx = 3, y = 3\n", "B36/S23"),
        ("#r 23/36\nx = 3, y = 3, rule = B2/S\n", "B2/S"),  # as Golly has it
        ("#r 23/36\n", "B36/S23"),
        ("x = 3, y = 3, rule = B36/S23History\n", "B36/S23"),
        ("x = 3, y = 3\n", "B3/S23"),
    ],
)
def test_the_rule_is_part_of_the_board(head: str, rule: str) -> None:
    board = read_rle(f"{head}bo$2bo$3o!")
    assert board.rule == rule
    assert board.cells.sum() == 5


@pytest.mark.parametrize(
    ("text", "alive"),
    [
        ("#CXRLE Pos=-1,-5\nx = 3, y = 1, rule = B3/S23:P10,10\n3o!", [[0, 4], [0, 5], [0, 6]]),
        ("#CXRLE Pos=2,4\nx = 3, y = 1, rule = B3/S23:P10,10\n3o!", [[9, 7], [9, 8], [9, 9]]),
        ("#CXRLE Pos=-4,-1\nx = 1, y = 1, rule = B3/S23:P9,3\no!", [[0, 0]]),
        ("x = 3, y = 1, rule = B3/S23:P10,10\n3o!", [[5, 4], [5, 5], [5, 6]]),
        ("x = 2, y = 2, rule = B3/S23:P8,5\n2o$2o!", [[1, 3], [1, 4], [2, 3], [2, 4]]),
    ],
)
def test_a_pattern_lies_where_golly_puts_it_on_a_bounded_grid(text: str, alive: list) -> None:
    """The cells are those of bgolly 3.3, which was asked for a macrocell of generation 0."""
    assert np.argwhere(read_rle(text).cells).tolist() == alive


def test_the_generation_of_a_file_goes_on() -> None:
    board = read_rle("#CXRLE Pos=-5,-5 Gen=7\nx = 2, y = 2, rule = B3/S23:T10,10\n2o$2o!")
    assert (board.generation, board.border, board.cells.shape) == (7, "periodic", (10, 10))
    assert np.argwhere(board.cells).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert board.comments == ()


def test_a_side_without_an_end_is_cut_and_said() -> None:
    tube = read_rle("x = 3, y = 3, rule = B3/S23:T0,20\nbo$2bo$3o!")
    assert (tube.border, tube.cells.shape) == ("periodic", (20, 40))
    assert "has no end; here the board is 20 x 40 cells" in tube.notes[-1]
    plane = read_rle("x = 3, y = 3, rule = B3/S23:P0,0\nbo$2bo$3o!")
    assert (plane.border, plane.cells.shape) == ("", (3, 3))


def decode_slowly(body: str, size: tuple[int, int]) -> np.ndarray:
    """Read the cells one letter after another."""
    cells, row, column, count = np.zeros(size, np.uint8), 0, 0, ""
    for letter in body:
        if letter in "0123456789":
            count += letter
            continue
        if letter == "!":
            break
        for _ in range(int(count or 1)):
            if letter == "$":
                row, column = row + 1, 0
            elif letter in "bo":
                cells[row, column] = letter == "o"
                column += 1
        count = ""
    return cells


@pytest.mark.parametrize("seed", range(6))
def test_runs_are_read_as_a_slow_reader_reads_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    body, row, column = "", 0, 0
    while row < 30:
        tag, count = str(rng.choice(list("bo$"))), int(rng.integers(1, 13))
        if tag != "$" and column + count > 60:
            tag = "$"
        row, column = (row + count, 0) if tag == "$" else (row, column + count)
        body += ("" if count == 1 else str(count)) + tag + "\n" * int(rng.integers(0, 2))
    expected = decode_slowly(body + "!", (60, 60))
    read = read_rle(f"x = 60, y = 60, rule = B3/S23\n{body}!")
    assert np.array_equal(read.cells, expected)


def test_rule_border_and_generation_are_written_and_read_again() -> None:
    cells = np.eye(7, 9, dtype=np.uint8)
    text = write_rle(cells, rule="23/36", border="periodic", generation=12)
    assert text.splitlines()[:2] == ["#CXRLE Pos=-4,-3 Gen=12", "x = 9, y = 7, rule = B36/S23:T9,7"]
    back = read_rle(text)
    assert np.array_equal(back.cells, cells)
    assert (back.rule, back.border, back.generation) == ("B36/S23", "periodic", 12)
    assert back.notes == ()
    with pytest.raises(BadInput, match="no rule"):
        write_rle(cells, rule="nonsense")


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
