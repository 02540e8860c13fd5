"""Which of what a network returns is its answer."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput

PICTURE = np.arange(3 * 64, dtype=np.uint8).reshape(8, 8, 3)


class Branches(nn.Module):
    """Returns a mapping, with a list in it."""

    def __init__(self) -> None:
        super().__init__()
        self.main, self.side = nn.Linear(192, 4), nn.Linear(192, 6)

    def forward(self, x: torch.Tensor) -> dict[str, object]:
        flat = x.flatten(1)
        return {"out": self.main(flat), "aux": self.side(flat), "more": [self.side(flat) * 2]}


def seeded() -> Branches:
    torch.manual_seed(1)
    return Branches()


@pytest.mark.parametrize(("output", "width"), [("", 4), ("aux", 6), ("more.0", 6)])
def test_the_chosen_result_is_the_answer_and_the_others_stay_units(output: str, width: int) -> None:
    module = seeded()
    network = dnnvis.wrap(module, size=8, output=output)
    recording = network.record(PICTURE)
    values = module(torch.from_numpy(PICTURE).permute(2, 0, 1)[None].float() / 255)
    expected = {"": values["out"], "aux": values["aux"], "more.0": values["more"][0]}
    assert network.layer("output").shape == (width, 1, 1)
    assert recording.output == pytest.approx(expected[output][0].detach().numpy(), abs=1e-6)
    rows = {row.name for row in network.layers if row.name.startswith("output")}
    names = {"output.out", "output.aux", "output.more.0"} - {f"output.{output or 'out'}"}
    assert rows == names | {"output"}
    if output:
        plain = recording["output.out"].reshape(-1)
        assert plain == pytest.approx(values["out"][0].detach().numpy(), abs=1e-6)


def test_the_results_are_listed_and_a_number_chooses_one() -> None:
    network = dnnvis.wrap(seeded(), size=8, output=1)
    assert network.outputs == [("out", (4,)), ("aux", (6,)), ("more.0", (6,))]
    aux = dnnvis.wrap(seeded(), size=8, output="aux")
    assert network.record(PICTURE).output.tolist() == aux.record(PICTURE).output.tolist()


def test_a_result_that_is_not_there_is_refused_when_the_network_is_opened() -> None:
    with pytest.raises(BadInput, match=r"returns no 'boxes'; choose one of: out, aux, more\.0\."):
        dnnvis.wrap(seeded(), size=8, output="boxes")


def test_what_is_kept_of_another_answer_is_another_networks() -> None:
    plain, again, other = (dnnvis.wrap(seeded(), size=8, output=name) for name in ("", "", "aux"))
    assert plain.fingerprint == again.fingerprint != other.fingerprint


def test_open_takes_an_output_and_a_recipe_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "branches.py"
    file.write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a, self.b = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 5, 1)\n"
        "    def forward(self, x):\n"
        "        return {'out': self.a(x), 'aux': self.b(x)}\n"
        "def make():\n"
        "    return Net()\n"
    )
    network = dnnvis.open(f"{file}:make", size=8, output="aux", trust_code=True)
    assert network.layer("output").shape == (5, 8, 8)
    assert network.origin["output"] == "aux"
    picture = dnnvis.look(network, "gradient", "output[4]", image=PICTURE)
    assert picture.recipe["network"]["output"] == "aux"
