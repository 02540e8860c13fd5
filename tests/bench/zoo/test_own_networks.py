"""The recurrent and spiking networks of the zoo."""

import pytest
import torch

from dnnvis.bench.zoo.networks import ENTRIES, ZooEntry, build

OWN = [e for e in ENTRIES if e.library in ("own", "snntorch", "spikingjelly")]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", OWN, ids=lambda entry: entry.name)
def test_its_answer_depends_on_the_picture_and_has_a_row_for_each(entry: ZooEntry) -> None:
    if entry.library != "own":
        pytest.importorskip(entry.library)
    torch.manual_seed(0)
    network = build(entry).eval()
    with torch.no_grad():
        answer = network(torch.rand(3, 3, *entry.size))
    assert answer.shape[-2:] == (3, 10)
    assert (answer != answer[..., :1, :]).any()
