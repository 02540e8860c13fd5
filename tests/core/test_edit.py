"""Edits as text."""

import pytest

from dnnvis.core.edit import Edit, parse_edits
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("conv4[5] = 0", Edit("conv4", (5,))),
        ("conv4[5] off", Edit("conv4", (5,))),
        ("conv4[5]=-1.5e-1", Edit("conv4", (5,), value=-0.15)),
        ("conv5 *= 1.5", Edit("conv5", action="scale", value=1.5)),
        ("conv5*=.5", Edit("conv5", action="scale", value=0.5)),
        ("cell[3]#1 = mean", Edit("cell", (3,), None, 1, "mean")),
        ("conv4[5,7:9]@3,4 = 2", Edit("conv4", (5, 7, 8), (3, 4, 4, 5), value=2.0)),
        ("conv4[0]@1:3,0:4#-1 off", Edit("conv4", (0,), (1, 0, 3, 4), -1)),
        ("conv4[5] <-> conv4[7]", Edit("conv4", (5,), action="swap", other=7)),
        ("conv4[5] <-> [7]", Edit("conv4", (5,), action="swap", other=7)),
        ('"a b=[1]"[2] = 0', Edit("a b=[1]", (2,))),
        ("blocks.3.attn.heads[4] = 0", Edit("blocks.3.attn.heads", (4,))),
    ],
)
def test_a_text_is_read_and_written_again(text: str, edit: Edit) -> None:
    assert Edit.parse(text) == edit
    assert Edit.parse(str(edit)) == edit
    assert Edit.parse(edit.title) == edit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "conv4[5]",
        "conv4[5] = zero",
        "conv4[] = 0",
        "conv4@3,4 = 0",
        "conv4[5] = nan",
        "conv4[5] *= inf",
        "conv4[5] = -Infinity",
        "conv4[7:5] = 0",
        "conv4[0:99999999] = 0",
        "conv4[5] <-> conv5[7]",
        "conv4[5,6] <-> conv4[7]",
        "conv4 <-> conv4[7]",
        "conv4[5] <-> 7",
        "conv4[-1] = 0",
        "= 0",
        "conv4[5] = 1e999",
    ],
)
def test_other_texts_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        Edit.parse(text)
    assert len(str(refused.value)) > 20


def test_names_of_the_network_need_no_quotes() -> None:
    names = {"3x3[1] = a": "branch", "plain": "plain"}
    assert Edit.parse("3x3[1] = a[2] = 0", names).layer == "branch"
    assert parse_edits(["plain *= 2", Edit("x")]) == (
        Edit("plain", action="scale", value=2.0),
        Edit("x"),
    )


def test_a_unit_is_switched_off_at_its_position_and_call() -> None:
    assert Edit.switch_off(Unit("c", 3)) == Edit("c", (3,))
    assert Edit.switch_off(Unit("c", 3, (1, 2), 4)) == Edit("c", (3,), (1, 2, 2, 3), 4)
    assert Edit.switch_off(Unit("c", 3)).title == "c[3] off"
