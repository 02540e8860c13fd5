from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bogus"], "bogus"),
        (["layers"], "layers --help"),
        (["layers", "net1-mnist", "--frob"], "--frob"),
        (["look", "net1-mnist", "output[1]", "--threads", "many"], "--threads"),
        (["train", "net1"], "--data"),
        (["train", "net7"], "net7"),
        (["bench", "live", "--pairs", "0"], "--pairs"),
        (["--bogus"], "--bogus"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_was_mistyped_is_told_in_one_sentence(
    refuses: Callable[..., str], words: list[str], said: str
) -> None:
    assert said in refuses(*words)


def test_help_is_no_error_and_a_group_alone_shows_its_help(dnnvis: Callable[..., Any]) -> None:
    assert dnnvis("--help").status == 0
    alone = dnnvis("train")
    assert "net1" in alone.out + alone.err
    assert "dnnvis:" not in alone.err
