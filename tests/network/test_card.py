"""Cards beside a checkpoint: read as what their fields are, or refused in a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.network.card import Card, describe_unknown_parts, read_card, write_card

PLAIN = {"name": "net", "size": [8, 10], "channels": 3, "mean": [0.5], "std": [1]}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "net.json"
    path.write_text(json.dumps({**PLAIN, **changes}))
    return path


@pytest.mark.parametrize(
    ("labels", "texts"),
    [
        (list(range(3)), ("0", "1", "2")),
        ([0.5, "cat", True], ("0.5", "cat", "True")),
        ([], ()),
        (None, ()),
    ],
)
def test_labels_become_texts(tmp_path: Path, labels: Any, texts: tuple[str, ...]) -> None:
    assert read_card(written(tmp_path, labels=labels)).labels == texts


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labels", [["a"], ["b"]]),
        ("labels", ["a", None]),
        ("labels", {"x": "a"}),
        ("labels", "cat"),
        ("size", "28"),
        ("size", 28),
        ("size", [28]),
        ("size", [28.5, 28.5]),
        ("size", [10**9, 10**9]),
        ("size", [0, 8]),
        ("size", [True, 8]),
        ("size", None),
        ("channels", "3"),
        ("channels", 2.5),
        ("channels", 10**9),
        ("mean", [None]),
        ("mean", ["a"]),
        ("mean", [[0.5]]),
        ("mean", [float("nan")]),
        ("mean", [10**400]),
        ("std", ["x"]),
        ("states", [5]),
        ("states", [None]),
        ("architecture", 5),
        ("architecture", ["net1"]),
        ("name", 5),
        ("fit", "squeeze"),
        ("fit", ["crop"]),
        ("binary", "yes"),
        ("decoder", 3),
        ("about", [1]),
        ("game_steps", "x"),
        ("game_steps", -1),
    ],
)
def test_a_value_of_another_kind_is_a_sentence_that_names_the_field(
    tmp_path: Path, field: str, value: Any
) -> None:
    path = written(tmp_path, **{field: value})
    with pytest.raises(BadInput, match=rf"net\.json is not a network card: {field} is .*, not "):
        read_card(path)


@pytest.mark.parametrize("text", ["[" * 200_000, "[1]", "{", "3", '{"size": [8, 8]}'])
def test_what_is_no_card_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(text)
    with pytest.raises(BadInput, match="is not a network card: "):
        read_card(path)


def test_a_long_value_is_shown_by_its_beginning(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        read_card(written(tmp_path, labels=[["a"]] * 1000))
    assert len(str(error.value)) < len(str(tmp_path)) + 200


def test_a_card_that_was_written_is_read_again(tmp_path: Path) -> None:
    card = Card(
        "net",
        (8, 10),
        3,
        (0.1, 0.2, 0.3),
        (1.0, 2.0, 3.0),
        ("a", "b"),
        "free",
        "net1",
        True,
        ("conv",),
        "head",
        {"game_steps": 2, "paper": "none"},
    )
    write_card(card, tmp_path / "net.json")
    assert read_card(tmp_path / "net.json") == card


def test_whole_numbers_of_a_card_become_floats(tmp_path: Path) -> None:
    card = read_card(written(tmp_path, mean=[0, 0, 0], std=[1, 2, 2**63]))
    assert all(type(value) is float for value in (*card.mean, *card.std))
    assert card.std == (1.0, 2.0, float(2**63))


def test_labels_by_number_are_in_order(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    fields = {"name": "n", "size": [8, 8], "labels": {"1": "dog", "0": "cat"}}
    path.write_text(json.dumps(fields))
    assert read_card(path).labels == ("cat", "dog")
    path.write_text(json.dumps({**fields, "labels": {"0": "cat", "2": "dog"}}))
    with pytest.raises(BadInput, match="labels is a list"):
        read_card(path)


def test_parts_that_are_not_there_are_named() -> None:
    card = Card("n", (8, 8), states=("cell", "other"), decoder="nowhere")
    notes = describe_unknown_parts(card, {"cell"}, {"", "cell"})
    assert notes == (
        "The card of n names states that are no layers: other.",
        "The card of n names a decoder that is no module: nowhere.",
    )
    assert describe_unknown_parts(Card("n", (8, 8)), set(), set()) == ()
