"""What the window knows of a network, built again only when it may be something else."""

from dataclasses import replace

import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.network.network import Network


class Changing(nn.Module):
    """A network that changes a setting of torch in the middle of a pass, once told to."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fully = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)
        self.changes = False

    def forward(self, x: Tensor) -> Tensor:
        if self.changes:
            torch.set_default_dtype(torch.float64)
        result: Tensor = self.fully(self.conv(x).mean((2, 3)).float())
        return result


def open_changing() -> Network:
    return dnnvis.wrap(Changing(), size=8)


def test_the_info_is_the_same_object_as_long_as_nothing_changes() -> None:
    net = open_changing()
    info = net.info
    net.run(net.probe())
    assert net.info is info


def test_notes_the_card_and_changed_settings_make_another_info() -> None:
    net = open_changing()
    first = net.info
    net.add_note("A sentence.")
    second = net.info
    assert second.notes == (*first.notes, "A sentence.")
    net.card = replace(net.card, labels=("a", "b", "c", "d", "e"))
    assert net.info.labels == ("a", "b", "c", "d", "e")
    net.module.changes = True
    net.run(net.probe())
    assert torch.get_default_dtype() == torch.float32
    assert any("default dtype" in note for note in net.info.notes)


def test_a_copy_of_a_network_has_an_info_of_its_own() -> None:
    net = open_changing()
    info, copied = net.info, net.copy_with(Changing().eval())
    copied.add_note("Of the copy.")
    assert "Of the copy." in copied.info.notes
    assert net.info is info
