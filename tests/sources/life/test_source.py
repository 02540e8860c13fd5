"""The board as a source: it runs, goes back, and is painted on while it does."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.life.board import Fill, Paint, Setup
from dnnvis.sources.life import board as board_file
from dnnvis.sources.life.board import BoardHistory, create_board, paint_cells, resize_board
from dnnvis.sources.life.patterns import pattern, pattern_board
from dnnvis.sources.life.rle import read_rle, write_rle
from dnnvis.sources.life.rule import step
from dnnvis.sources.life.source import Life
from dnnvis.sources.source import Editable, Movable, Source

BLINKER = ((2, 1), (2, 2), (2, 3))


def cells(frame: Frame) -> np.ndarray:
    assert frame.pixels.dtype == np.uint8
    assert set(np.unique(frame.pixels)) <= {0, 255}
    return frame.pixels[:, :, 0] // 255


def empty(size: tuple[int, int] = (5, 5), **more: object) -> Life:
    return Life(size, start="empty", **more)


@pytest.mark.parametrize("border", ["dead", "periodic"])
def test_it_gives_one_generation_after_another(border: str) -> None:
    with Life((9, 12), border=border) as life:
        frames = [life.read() for _ in range(6)]
    boards = [cells(frame) for frame in frames]
    assert frames[0].pixels.shape == (9, 12, 1)
    assert frames[0].source == "board"
    for before, after in itertools.pairwise(boards):
        assert np.array_equal(step(before, border), after)
    assert frames[5].label == f"generation 5, {boards[5].sum()} cells alive"


def test_it_is_a_source_that_moves_and_can_be_edited() -> None:
    life = Life()
    source: Source = life
    assert isinstance(source, Movable)
    assert isinstance(source, Editable)
    assert not source.live
    with pytest.raises(BadInput, match="closed"):
        life.read()
    assert life.saved_state() == ""
    assert life.position == 1.0


def test_the_same_seed_begins_the_same_board_each_time_it_is_opened() -> None:
    life, other = Life((20, 20), seed=1), Life((20, 20), seed=2)
    boards = []
    for _ in range(2):
        with life:
            boards.append(cells(life.read()))
    with other:
        assert not np.array_equal(cells(other.read()), boards[0])
    assert np.array_equal(*boards)


@pytest.mark.parametrize(
    ("start", "low", "high"),
    [("half", 0.45, 0.55), ("empty", 0, 0), ("random", 0.05, 0.15), ("mix", 0.1, 0.65)],
)
def test_it_begins_as_it_is_told(start: str, low: float, high: float) -> None:
    with Life((60, 60), start=start, density=0.1) as life:
        assert low <= cells(life.read()).mean() <= high


def test_a_pattern_lies_in_the_middle() -> None:
    with Life((21, 42), start="gosper-gun") as life:
        board = cells(life.read())
    assert np.array_equal(board[6:15, 3:39], pattern_board(pattern("gosper-gun")))
    assert board.sum() == 36
    with (
        pytest.raises(BadInput, match="needs a board of at least 9 x 36"),
        Life((20, 20), start="gosper-gun"),
    ):
        pass


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"size": (0, 5)}, "at least 1 x 1"),
        ({"size": (5000, 5000)}, "at most 4,000,000"),
        ({"border": "open"}, "border is dead or periodic, not 'open'"),
        ({"rate": 0}, "steps a second, not at 0"),
        ({"rate": float("nan")}, "steps a second"),
        ({"rate": float("inf")}, "steps a second"),
        ({"start": "nothing"}, "no pattern 'nothing'"),
        ({"start": "random", "density": 1.5}, "share from 0 to 1, not 1.5"),
        ({"board": "x = 3"}, "'x = 3' stands where"),
        ({"path": "/nowhere/a.rle"}, "No such file"),
        ({"rule": "B2/S/C3"}, "Generations"),
        ({"board": "x = 1, y = 1, rule = WireWorld\no!"}, "WireWorld"),
    ],
)
def test_a_board_that_cannot_be_is_refused_in_words(wish: dict, why: str) -> None:
    with pytest.raises(BadInput, match=why), Life(**wish):
        pass


def test_what_no_longer_changes_is_said_in_words() -> None:
    with empty() as life:
        assert life.read().label == "generation 0, all cells are dead"
        life.edit(Paint(((0, 0),)))
        assert life.read().label == "generation 0, 1 cell alive"
        assert life.read().label == "generation 1, all cells are dead"
        life.edit(Paint(BLINKER))
        assert life.read().label == "generation 1, 3 cells alive, repeats every 2 steps"
        life.edit(Fill("block"))
        assert life.read().label == "generation 0, 4 cells alive, a still life"
        assert life.read().label == "generation 1, 4 cells alive, a still life"
        life.edit(Fill("glider"))
        assert life.read().label == "generation 0, 5 cells alive"


def test_a_run_takes_one_step_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    monkeypatch.setattr(board_file, "step", lambda *a: taken.append(1) or step(*a))
    with Life((30, 30)) as life:
        for _ in range(50):
            life.read()
    assert len(taken) == 51  # and one beyond the last, to see what repeats


def test_one_can_go_back_and_forth() -> None:
    with Life((20, 20)) as life:
        boards = [cells(life.read()) for _ in range(8)]
        for move, at in ((-1, 6), (-3, 3), (0, 3), (2, 5), (-99, 0), (5, 5), (4, 9)):
            life.move(move)
            frame = life.read()
            assert frame.label.startswith(f"generation {at},")
            if at < 8:
                assert np.array_equal(cells(frame), boards[at])
        assert np.array_equal(cells(frame), step(step(boards[7])))
        life.seek(0.0)
        assert np.array_equal(cells(life.read()), boards[0])
        assert life.position == 0
        assert np.array_equal(cells(life.read()), boards[1])
        life.seek(1.0)
        assert life.read().label.startswith("generation 9,")
        assert life.position == 1
        life.seek(0.5)
        assert life.read().label.startswith("generation 4,")  # of 0 to 9


def test_the_past_is_bounded() -> None:
    past = BoardHistory(np.zeros((4, 4), np.uint8), "dead")
    past.move(board_file.MAX_PAST_BOARDS + 100)
    past.move(-(10**6))
    assert past.generation == 101
    assert past.position == 0
    large = BoardHistory(np.zeros((2000, 2000), np.uint8), "dead")
    assert large._max_boards * large._past_boards[0].packed.nbytes <= board_file.PAST_BYTES


def test_going_back_undoes_a_stroke_as_a_whole_and_a_new_board() -> None:
    with Life((12, 12)) as life:
        before = [cells(life.read()) for _ in range(3)][-1]
        for k in range(4):
            life.edit(Paint(((0, k),), alive=not before[0, k], new_stroke=k == 0))
        assert (cells(life.read())[0, :4] != before[0, :4]).all()
        life.edit(Fill("empty"))
        assert not cells(life.read()).any()
        life.move(-1)
        assert (cells(life.read())[0, :4] != before[0, :4]).all()
        life.move(-1)
        frame = life.read()
        assert np.array_equal(cells(frame), before)
        assert frame.label.startswith("generation 2,")


def test_after_going_back_an_edit_begins_another_future() -> None:
    with Life((12, 12)) as life:
        for _ in range(6):
            life.read()
        life.move(-3)
        board = cells(life.read())
        life.edit(Paint(((5, 5),), alive=not board[5, 5]))
        changed = cells(life.read())
        assert (changed != board).sum() == 1
        assert life.position == 1
        assert np.array_equal(cells(life.read()), step(changed))


def test_painting_makes_cells_alive_or_dead_and_time_stands_still() -> None:
    with empty() as life:
        life.read()
        life.edit(Paint(BLINKER))
        life.edit(Paint(((2, 1), (0, 0)), alive=False))
        frame = life.read()
        assert sorted(map(tuple, np.argwhere(cells(frame)))) == [(2, 2), (2, 3)]
        assert frame.label.startswith("generation 0,")


def test_what_lies_over_the_edge_is_lost_or_comes_in_on_the_other_side() -> None:
    board, outside = np.zeros((4, 6), np.uint8), ((-1, 0), (4, 2), (1, 6), (2, -1), (3, 3))
    assert np.argwhere(paint_cells(board, outside, True, "dead")).tolist() == [[3, 3]]
    torus = np.argwhere(paint_cells(board, outside, True, "periodic")).tolist()
    assert torus == [[0, 2], [1, 0], [2, 5], [3, 0], [3, 3]]
    assert not board.any()


@pytest.mark.parametrize(
    ("size", "new"),
    [
        ((4, 6), (9, 8)),
        ((9, 8), (4, 6)),
        ((5, 5), (6, 6)),
        ((6, 6), (5, 5)),
        ((3, 9), (9, 3)),
        ((1, 1), (4, 4)),
        ((7, 7), (7, 7)),
    ],
)
def test_another_size_keeps_the_cells_around_the_middle(
    size: tuple[int, int], new: tuple[int, int]
) -> None:
    board = np.random.default_rng(0).integers(0, 2, size, dtype=np.uint8)
    made = resize_board(board, new)
    assert made.shape == new
    for y in range(new[0]):
        for x in range(new[1]):
            there = y - (new[0] - size[0]) // 2, x - (new[1] - size[1]) // 2
            inside = 0 <= there[0] < size[0] and 0 <= there[1] < size[1]
            assert made[y, x] == (board[there] if inside else 0)


def test_size_border_and_speed_change_while_it_runs() -> None:
    with empty((5, 5), rate=10) as life:
        life.edit(Paint(((0, 1), (0, 2), (0, 3))))
        life.edit(Setup(border="periodic"))
        life.edit(Setup(rate=25))
        assert cells(life.read()).sum() == 3
        assert cells(life.read())[[4, 0, 1], 2].all(), "the blinker turned across the edge"
        assert life.rate == 25
        life.edit(Setup(size=(7, 9)))
        frame = life.read()
        assert frame.pixels.shape == (7, 9, 1)
        assert cells(frame).sum() == 3
        assert frame.label.startswith("generation 1,")
        life.move(-1)
        assert life.read().pixels.shape == (7, 9, 1)


@pytest.mark.parametrize(
    "change",
    [
        Setup(size=(0, 3)),
        Setup(size=(3000, 3000)),
        Setup(border="open"),
        Setup(rate=-1),
        Setup(size=(9, 9), border="open"),
        Setup(rate=50, border="x"),
        Setup(rate=50, rule="WireWorld"),
        Fill("gosper-gun"),
        Fill("random", 2.0),
        Fill("none"),
    ],
)
def test_a_change_that_cannot_be_leaves_everything_as_it_was(change: object) -> None:
    with Life((8, 8), rate=10) as life:
        before = life.read()
        with pytest.raises(BadInput):
            life.edit(change)
        life.move(0)
        assert np.array_equal(life.read().pixels, before.pixels)
        assert life.rate == 10


def test_random_boards_have_the_density_asked_for_and_are_new_each_time() -> None:
    with Life((50, 50)) as life:
        boards = []
        for _ in range(2):
            life.edit(Fill("random", 0.2))
            boards.append(cells(life.read()))
    assert not np.array_equal(*boards)
    assert all(abs(board.mean() - 0.2) < 4 * 0.4 / 50 for board in boards)
    assert create_board("random", (9, 9), np.random.default_rng(0), 1.0, "dead").all()


def test_a_pattern_from_a_file_lies_in_the_middle_and_makes_room(tmp_path: Path) -> None:
    file = tmp_path / "gun.rle"
    gun = pattern_board(pattern("gosper-gun"))
    file.write_text(write_rle(gun))
    with Life((19, 20), path=str(file)) as life:
        frame = life.read()
    assert frame.source == "gun.rle"
    assert np.array_equal(cells(frame), resize_board(gun, (19, 36)))


def test_a_bounded_file_brings_its_own_size_and_border(tmp_path: Path) -> None:
    file = tmp_path / "torus.rle"
    file.write_text("x = 1, y = 5, rule = B3/S23:T7,5\no$o$o$o$o!")
    with Life((30, 30), path=str(file)) as life:
        first, second = cells(life.read()), cells(life.read())
    assert first.shape == (5, 7)
    assert first[:, 3].all()
    assert first.sum() == 5
    assert np.array_equal(second, step(first, "periodic"))
    assert not np.array_equal(second, step(first, "dead"))


def test_what_is_kept_opens_the_same_board() -> None:
    with Life((13, 17)) as life:
        for _ in range(4):
            last = life.read()
        kept = life.saved_state()
        assert np.array_equal(read_rle(kept).cells, cells(last))
    with Life((40, 40), board=kept, path="/not/read.rle") as again:
        assert np.array_equal(again.read().pixels, last.pixels)


def test_the_rule_is_the_files_and_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "high.rle"
    file.write_text("x = 3, y = 3, rule = B36/S23\n3o2$3o!")
    with Life((9, 9), path=str(file)) as life:
        first, second = life.read(), life.read()
        saved = life.saved_state()
    assert np.array_equal(cells(second), step(cells(first), "dead", "B36/S23"))
    assert not np.array_equal(cells(second), step(cells(first)))
    assert (first.rule, second.rule) == ("B36/S23", "B36/S23")
    assert second.label.endswith("alive, HighLife (B36/S23)")
    with Life((5, 5), board=saved) as again:
        frame = again.read()
    assert (frame.rule, frame.label) == ("B36/S23", second.label)  # its generation, too
    with Life((5, 5), board=saved, rule="B3/S23") as other:
        assert other.read().rule == "B3/S23"  # the user's word wins


def test_a_board_that_names_no_rule_is_conways() -> None:
    with Life((5, 5), board="x = 3, y = 1\n3o!") as life:
        assert life.read().rule == "B3/S23"
    with empty() as life:
        assert life.read().rule == "B3/S23"


def test_the_rule_changes_while_it_runs() -> None:
    with Life((12, 14), start="random", density=0.4) as life:
        board = cells(life.read())
        life.read()
        life.move(-1)
        life.read()
        life.edit(Setup(rule="2/36"))
        assert life.read().rule == "B36/S2"
        assert np.array_equal(cells(life.read()), step(board, "dead", "B36/S2"))
        life.edit(Setup(rule="seeds"))
        life.edit(Fill("mix"))
        assert life.read().rule == "B2/S"


def test_what_stops_is_described_by_the_boards_own_rule() -> None:
    with empty(rule="B2/S") as life:
        life.edit(Fill("block"))
        assert life.read().label == "generation 0, 4 cells alive, Seeds (B2/S)"
    with empty(rule="B0/S") as life:
        assert life.read().label.startswith("generation 0, 0 cells alive, repeats every 2 steps")


def test_what_was_assumed_of_a_file_is_said(tmp_path: Path) -> None:
    file, notes = tmp_path / "short.rle", list[str]()
    file.write_text("x = 2, y = 1, rule = B3/S23\n3o")
    with Life((9, 9), path=str(file), on_problem=notes.append) as life:
        assert cells(life.read()).sum() == 3
    assert notes == [
        "short.rle: Its header says 2 x 1, but its cells need 3 x 1: the board is that large.",
        "short.rle: It has no ! at its end: it may be cut short.",
    ]


def test_a_torus_is_saved_as_one() -> None:
    with Life((5, 7), border="periodic", rule="B36/S23") as life:
        life.read()
        saved = life.saved_state()
    record = read_rle(saved)
    assert (record.border, record.rule, record.cells.shape) == ("periodic", "B36/S23", (5, 7))


def test_a_snapshot_writes_the_board_of_its_moment() -> None:
    life = Life((9, 9), start="empty")
    assert life.snapshot() is None
    with life:
        life.edit(Paint(((1, 1), (1, 2)), alive=True))
        life.read()
        write = life.snapshot()
        life.edit(Fill("empty"))
        life.read()
        assert write is not None
        assert read_rle(write()).cells.sum() == 2
        assert read_rle(life.saved_state()).cells.sum() == 0
