"""What of a network is on show already."""

from dataclasses import replace

from dnnvis.core.messages import DIRECTIONS, LayerInfo, NetworkInfo
from dnnvis.session.layers import compare_infos

CONV = LayerInfo("conv", "Conv2d", (8, 4, 4))
GROUPS = LayerInfo("conv~", DIRECTIONS, (3, 4, 4), part_of="conv")
INFO = NetworkInfo("net", (CONV,), (), (8, 8), 3, choice="a choice")


def test_directions_that_come_and_go_leave_its_layers_the_same() -> None:
    with_groups = replace(INFO, layers=(CONV, GROUPS), choice="a choice")
    assert compare_infos(INFO, INFO) == (True, True, True)
    assert compare_infos(INFO, with_groups) == (True, True, False)
    assert compare_infos(with_groups, INFO) == (True, True, False)
    other_size = replace(INFO, layers=(replace(CONV, shape=(8, 5, 5)),), choice="a choice")
    assert compare_infos(INFO, other_size) == (True, False, False)


def test_another_choice_is_another_network() -> None:
    assert compare_infos(None, INFO) == (False, False, False)
    assert compare_infos(replace(INFO, choice="another"), INFO) == (False, False, False)
    assert compare_infos(replace(INFO, choice=None), replace(INFO, choice=None)) == (
        False,
        False,
        False,
    )
