"""What trial passes show of a network, and what follows from it."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis.network.network import Network


def picture(seed: int = 0, dim: float = 1.0) -> np.ndarray:
    """Return pixels uint8 (16, 16, 3) of noise, darker with ``dim``."""
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3))
    return (pixels * dim).astype(np.uint8)


def opened(module: nn.Module) -> Network:
    torch.manual_seed(0)
    return dnnvis.wrap(module, size=16)


class Head(nn.Module):
    """A convolution, a function of its maps, a dense layer."""

    def __init__(self, between: Callable[[Tensor], Tensor] = torch.relu) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.conv, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(6, 4)
        self.between = between

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.between(self.conv(x)).mean((2, 3)))


def test_a_sound_network_has_nothing_to_say() -> None:
    net = opened(Head())
    assert net.notes == ()
    assert not net.table.one_by_one


def test_random_numbers_are_the_same_in_each_pass_and_that_is_said() -> None:
    net = opened(Head(lambda maps: F.dropout(maps, 0.5)))
    (note,) = [note for note in net.notes if "random" in note]
    assert note.startswith("Two passes differ (by ")
    first, other = net.record(picture()), net.record(picture(1))
    again = net.record(picture())
    np.testing.assert_array_equal(first.output, again.output)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    net.record(picture())
    assert torch.equal(torch.rand(2), expected)  # nobody else's generator moved
    both = net.record(np.stack([picture(1), picture()]))
    np.testing.assert_array_equal(both.output, np.stack([other.output, first.output]))


class Remembers(Head):
    """Adds a part of what it had before."""

    def __init__(self) -> None:
        super().__init__()
        self.memory: object = 0.0

    def forward(self, x: Tensor) -> Tensor:
        self.memory = 0.5 * self.memory + self.conv(x)
        return self.fc(self.memory.mean((2, 3)))


def test_a_state_is_put_back_so_that_every_picture_is_the_first_one() -> None:
    module = Remembers().eval()
    with torch.no_grad():
        x = torch.from_numpy(picture()).permute(2, 0, 1)[None] / 255
        expected = module(x)[0].numpy()
    module.memory = 0.0
    net = opened(module)
    assert any("keeps a state (memory)" in note for note in net.notes)
    for _ in range(3):
        net.record(picture(1))
        net.run(net.encode(picture(1)), ["conv"], gradients=True)
        np.testing.assert_allclose(net.record(picture()).output, expected, rtol=1e-5)
    assert net.module.memory == 0.0  # no graph is held


def test_a_counter_changes_no_fingerprint_and_is_not_worth_a_word() -> None:
    class Counts(Head):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("seen", torch.zeros((), dtype=torch.long))

        def forward(self, x: Tensor) -> Tensor:
            self.seen += len(x)
            return super().forward(x)

    net = opened(Counts())
    before = net.fingerprint
    net.record(picture())
    del net.__dict__["weights_fingerprint"]
    assert net.fingerprint == before
    assert net.notes == ()


def test_what_looks_at_the_whole_batch_runs_picture_by_picture() -> None:
    net = opened(nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6, track_running_stats=False)))
    assert any("first at 1)" in note and "one by one" in note for note in net.notes)
    images = np.stack([picture(0), picture(1, 0.2), picture(2)])
    together = net.record(images)
    for number, image in enumerate(images):
        alone = net.record(image)
        for layer in ("0", "1", "output"):
            np.testing.assert_array_equal(together[layer][number], alone[layer])
    x = net.encode(images)
    recording = net.run(x, ["1"], gradients=True)
    (gradient,) = torch.autograd.grad(recording.tensor("1").square().sum(), recording.x)
    for number in range(3):
        single = net.run(x[number : number + 1], ["1"], gradients=True)
        (expected,) = torch.autograd.grad(single.tensor("1").square().sum(), single.x)
        torch.testing.assert_close(gradient[number : number + 1], expected)


class Boxes(nn.Module):
    """Returns a list with an entry a picture, as detectors do."""

    def __init__(self, ragged: bool) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.stem, self.ragged = nn.Conv2d(3, 4, 4, 4), ragged

    def forward(self, x: Tensor) -> list[dict[str, Tensor]]:
        boxes = [maps.flatten(1).T for maps in self.stem(x)]
        if self.ragged:
            boxes = [one[one[:, 0] > 0] for one in boxes]
        return [{"boxes": one} for one in boxes]


def test_a_list_with_an_entry_a_picture_is_read_picture_by_picture() -> None:
    net = opened(Boxes(ragged=False))
    assert any("a list with an entry for each picture" in note for note in net.notes)
    images = np.stack([picture(0), picture(1)])
    together = net.record(images)
    assert together.output.shape == (2, 16, 4)
    np.testing.assert_array_equal(together.output[1], net.record(images[1]).output)


def test_entries_of_different_lengths_are_refused_in_words() -> None:
    net = opened(Boxes(ragged=True))
    images = np.stack([picture(0), picture(1, 0.3)])
    lengths = {len(net.record(image).output) for image in images}
    assert len(lengths) == 2
    with pytest.raises(dnnvis.BadInput, match="differ in shape"):
        net.record(images).output  # noqa: B018


class Branches(Head):
    """Runs a part on bright pictures only."""

    def __init__(self) -> None:
        super().__init__()
        self.extra = nn.Conv2d(6, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x)
        return self.fc((self.extra(maps) if x.mean() > 0.7 else maps).mean((2, 3)))


def test_what_runs_on_some_pictures_only_has_a_row_and_is_named() -> None:
    net = opened(Branches())
    assert net.table.rare == ("extra",)
    assert any(note.startswith("extra ran on some") for note in net.notes)
    assert net.layer("extra").shape == (6, 14, 14)
    bright = np.full((16, 16, 3), 250, np.uint8)
    assert net.record(bright, ["extra"])["extra"].shape == (1, 6, 14, 14)
    with pytest.raises(dnnvis.UnknownUnit, match="not called on this picture"):
        net.record(picture(), ["extra"])["extra"]


def test_modules_with_weights_that_nobody_called_are_named() -> None:
    class Functional(Head):
        def __init__(self) -> None:
            super().__init__()
            self.weights, self.idle = nn.Conv2d(6, 6, 1), nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(F.conv2d(self.conv(x), self.weights.weight).mean((2, 3)))

    (note,) = opened(Functional()).notes
    assert note.startswith("2 modules with weights not called as modules")
    assert note.endswith("weights, idle.")


def test_a_module_in_a_plain_list_is_set_to_eval_and_named() -> None:
    class Hidden(Head):
        def __init__(self) -> None:
            super().__init__()
            self.more = [nn.Sequential(nn.Conv2d(6, 6, 1), nn.Dropout(0.5))]

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.more[0](self.conv(x)).mean((2, 3)))

    net = opened(Hidden())
    assert any(note.startswith("more[0] lies where torch sees no modules") for note in net.notes)
    np.testing.assert_array_equal(net.record(picture()).output, net.record(picture()).output)
    assert not net.module.more[0].training


def test_a_head_that_is_made_at_the_first_picture_is_frozen() -> None:
    class Late(Head):
        def __init__(self) -> None:
            super().__init__()
            self.head: nn.Module | None = None

        def forward(self, x: Tensor) -> Tensor:
            maps = self.conv(x).flatten(1)
            if self.head is None:
                self.head = nn.Sequential(nn.Linear(maps.shape[1], 5), nn.Dropout(0.5))
            return self.head(maps)

    net = opened(Late())
    assert net.layer("head.0").shape == (5, 1, 1)
    assert not any(part.training for part in net.module.modules())
    assert not any(weight.requires_grad for weight in net.module.parameters())
    np.testing.assert_array_equal(net.record(picture()).output, net.record(picture()).output)


@pytest.mark.parametrize("broken", [False, True])
def test_only_broken_weights_are_called_broken(broken: bool) -> None:
    def standardize(maps: Tensor) -> Tensor:
        return (maps - maps.mean()) / maps.std()

    module = Head(standardize)
    if broken:
        module.fc.weight.data[0, 0] = float("nan")
    notes = [note for note in opened(module).notes if "NaN or infinity" in note]
    assert bool(notes) == broken


def test_every_result_has_a_row_and_the_answer_is_output() -> None:
    class Several(Head):
        def __init__(self) -> None:
            super().__init__()
            self.aux = nn.Linear(6, 2)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            means = self.conv(x).mean((2, 3))
            return {"aux": self.aux(means), "out": self.fc(means)}

    net = opened(Several())
    rows = {row.name: row.shape for row in net.layers}
    assert rows["output.aux"] == (2, 1, 1)
    assert rows["output"] == (4, 1, 1)
    recording = net.record(picture())
    np.testing.assert_array_equal(recording["output.aux"], recording["aux"])
    np.testing.assert_array_equal(recording.output, recording["fc"].ravel())
    assert any("'out' in it is taken as its output" in note for note in net.notes)
    chosen = Network(Several(), net.card, output="aux")
    assert chosen.layer("output").shape == (2, 1, 1)
    with pytest.raises(dnnvis.BadInput, match="choose one of: aux, out"):
        Network(Several(), net.card, output="main").layers  # noqa: B018


def test_a_module_called_output_and_further_tensors_have_rows() -> None:
    class Two(nn.Module):
        def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
            return torch.full((len(maps),), maps.shape[2]), maps * 2

    class Shadowed(Head):
        def __init__(self) -> None:
            super().__init__()
            self.two, self.output = Two(), nn.Linear(6, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.output(self.two(self.conv(x))[1].mean((2, 3))).softmax(1)

    net = opened(Shadowed())
    recording = net.record(picture())
    np.testing.assert_array_equal(recording["two.1"], 2 * recording["conv"])
    logits = recording["output (module)"].ravel()
    softmax = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(recording.output, softmax, rtol=1e-5)


def test_settings_that_a_pass_changes_are_as_before() -> None:
    def change(maps: Tensor) -> Tensor:
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(0)
        torch.set_num_threads(1 if torch.get_num_threads() > 1 else 2)
        return maps

    threads = torch.get_num_threads()
    net = opened(Head(change))
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    net.record(picture())
    assert torch.equal(torch.rand(1), expected)
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_num_threads() == threads
