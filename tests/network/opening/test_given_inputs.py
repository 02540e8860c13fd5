"""What somebody says that further inputs are held at is what the network gets."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.opening.given_inputs import held_kinds, read_inputs, to_text
from dnnvis.network.opening.wrap import wrap
from dnnvis.network.snapshot_weights import Snapshots
from dnnvis.network.snapshots import restore_snapshot

PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


class Denoiser(nn.Module):
    """Adds a time to its picture; its mask and mode may be left out."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(
        self, x: Tensor, t: Tensor, mask: Tensor | None = None, mode: str = "mean"
    ) -> Tensor:
        y = self.conv(x) + t.reshape(-1, 1, 1, 1)
        if mask is not None:
            y = y * mask
        return y.mean((2, 3)) if mode == "mean" else y.amax((2, 3))


def run_plainly(*arguments: Any, **named: Any) -> Any:
    x = torch.from_numpy(PICTURE).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        return Denoiser()(x, *arguments, **named)[0].numpy()


MASK = np.arange(36.0).reshape(6, 6)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"t": 0.5}, run_plainly(torch.tensor([0.5]))),
        ({"t": 3, "mask": None}, run_plainly(torch.tensor([3.0]))),
        ({"t": 2.0, "mode": "max"}, run_plainly(torch.tensor([2.0]), mode="max")),
        (
            {"t": 1, "mask": MASK},
            run_plainly(torch.tensor([1.0]), torch.from_numpy(MASK).float()),
        ),
        (
            {"t": torch.tensor(1.5), "mask": MASK.tolist()},
            run_plainly(torch.tensor([1.5]), torch.from_numpy(MASK).float()),
        ),
        ("t=0.5, mode=max", run_plainly(torch.tensor([0.5]), mode="max")),
    ],
)
def test_an_input_is_held_at_what_was_given(given: Any, expected: Any) -> None:
    network = wrap(Denoiser(), size=8, inputs=read_inputs(given))
    assert np.allclose(network.record(PICTURE, ["output"]).output, expected, atol=1e-5)
    batch = network.record(np.stack([PICTURE] * 3), ["output"]).output
    assert np.allclose(batch, np.stack([expected] * 3), atol=1e-5)


def test_what_was_given_is_said_and_tells_two_libraries_apart() -> None:
    network = wrap(Denoiser(), size=8, inputs={"t": 0.25, "mask": MASK})
    (note,) = (note for note in network.notes if "more than a picture" in note)
    assert "t is held at 0.25" in note
    assert "mask is held at the array of 6 x 6 numbers that was given" in note
    other = wrap(Denoiser(), size=8, inputs={"t": 0.5, "mask": MASK})
    assert network.fingerprint != other.fingerprint


def test_an_input_that_is_none_of_the_networks_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadInput, match="takes no input time; its inputs are x, t, mask, mode"):
        wrap(Denoiser(), size=8, inputs={"time": 1})


def test_a_value_that_does_not_run_is_refused_with_the_networks_own_words() -> None:
    with pytest.raises(BadInput, match=r"does not run with t=1, mask=.*size of tensor"):
        wrap(Denoiser(), size=8, inputs={"t": 1, "mask": [[1, 2], [3, 4]]})


def test_an_input_of_a_dictionary_is_held_too() -> None:
    class Keyed(nn.Module):
        def forward(self, values: dict[str, Tensor]) -> Tensor:
            return values["image"].mean((2, 3)) * values["scale"].reshape(-1, 1)

    network = wrap(Keyed(), size=8, inputs={"scale": 2.5})
    expected = PICTURE.mean((0, 1)) / 255 * 2.5
    assert np.allclose(network.record(PICTURE, ["output"]).output, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("t=0.5", {"t": 0.5}),
        (" t = 2 , mask=None,flag=True", {"t": 2, "mask": None, "flag": True}),
        ("c=[0, 1], mode='max'", {"c": (0, 1), "mode": "max"}),
        ("m=[[1, 2], [3, 4]],k=x", {"m": ((1, 2), (3, 4)), "k": "x"}),
        ("", {}),
        (None, {}),
    ],
)
def test_a_text_is_read_as_it_is_written(text: Any, values: dict[str, Any]) -> None:
    assert read_inputs(text) == values
    assert read_inputs(to_text(values)) == values


@pytest.mark.parametrize("wrong", ["t", "t=", "=3", "0.5", "a b=3"])
def test_a_text_that_names_no_values_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match="Inputs are written as"):
        read_inputs(wrong)


@pytest.mark.parametrize("wrong", [[1, 2], 3, {"t": object()}, {"t": [[1], [2, 3]]}])
def test_values_of_no_use_are_refused(wrong: Any) -> None:
    with pytest.raises(BadInput, match="input"):
        read_inputs(wrong)


def test_a_whole_number_may_count_or_measure_and_a_truth_value_stays_one() -> None:
    assert held_kinds(3) == ("integer", "number", "constant")
    assert held_kinds(True) == held_kinds(None) == held_kinds("max") == ("constant",)


def test_a_snapshot_of_a_training_is_called_as_the_network_is() -> None:
    network = wrap(Denoiser(), size=8, inputs={"t": 0.5, "mode": "max"})
    weights = {
        name: torch.stack([value, value + 1]) for name, value in network.module.state_dict().items()
    }
    network.snapshots = Snapshots((0, 9), weights, torch.zeros(2, 1))
    early = restore_snapshot(network, 0)
    expected = network.record(PICTURE, ["output"]).output
    assert np.allclose(early.record(PICTURE, ["output"]).output, expected, atol=1e-5)
    late = restore_snapshot(network, 1).record(PICTURE, ["output"]).output
    assert not np.allclose(late, expected, atol=1e-3)
