"""Networks with recurrent modules: their time steps are calls, their gates are layers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from typer.testing import CliRunner

import dnnvis
from dnnvis.core.unit import Unit
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from helpers.recurrent_networks import RowLSTM, cell_loop, row_gru, row_lstm

GATES = ("input_gate", "forget_gate", "cell_candidate", "output_gate", "cell_state", "hidden")


pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")


def wrapped(module: nn.Module) -> Network:
    return dnnvis.wrap(module, size=28, channels=1)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (3, 28, 28, 1), dtype=np.uint8)


def test_every_time_step_is_a_call_and_every_gate_a_layer() -> None:
    net = wrapped(row_lstm())
    rows = {row.name: row for row in net.layers}
    assert list(rows) == ["lstm", *(f"lstm.l0.{gate}" for gate in GATES), "fc", "output"]
    assert (rows["lstm"].calls, rows["lstm"].shape) == (28, (12, 1, 1))
    for gate in GATES:
        row = rows[f"lstm.l0.{gate}"]
        assert (row.calls, row.shape, row.part_of, row.parameters) == (28, (12, 1, 1), "lstm", 0)
    assert rows["lstm.l0.forget_gate"].kind == "LSTM gate"
    assert rows["lstm.l0.cell_state"].kind == "LSTM cell state"
    gru = {row.name: row for row in wrapped(row_gru()).layers}
    assert [name for name in gru if gru[name].part_of] == [
        f"gru.l0.{part}" for part in ("reset_gate", "update_gate", "candidate", "hidden")
    ]
    assert gru["gru"].calls == 7
    cell = {row.name: row for row in wrapped(cell_loop()).layers}
    assert [name for name in cell if cell[name].part_of] == [f"cell.{gate}" for gate in GATES[:-1]]
    assert {row.calls for row in cell.values() if row.name.startswith("cell")} == {7}


def test_layers_directions_and_projections_have_rows_of_their_own_width() -> None:
    net = wrapped(row_lstm(num_layers=2, bidirectional=True))
    rows = {row.name: row for row in net.layers}
    assert rows["lstm"].shape == (24, 1, 1)
    parts = [name for name in rows if rows[name].part_of]
    assert parts == [
        f"lstm.{where}.{gate}" for where in ("l0", "l0r", "l1", "l1r") for gate in GATES
    ]
    rows = {row.name: row for row in wrapped(row_lstm(proj_size=5)).layers}
    assert rows["lstm"].shape == rows["lstm.l0.hidden"].shape == (5, 1, 1)
    assert rows["lstm.l0.cell_state"].shape == (12, 1, 1)


def test_gates_are_addressed_like_any_unit() -> None:
    net = wrapped(row_lstm())
    unit = Unit.parse("lstm.l0.forget_gate[5]#3")
    assert net.check(unit).name == "lstm.l0.forget_gate"
    for wrong, words in (
        ("lstm.l0.forget_gate[12]#3", "channels 0 to 11"),
        ("lstm.l0.forget_gate[5]#28", "28 times"),
        ("lstm.l0.forgetgate[5]", "lstm.l0.forget_gate"),
        ("lstm.l1.forget_gate[5]", "no layer"),
        ("lstm[0]#28", "28 times"),
    ):
        with pytest.raises(dnnvis.UnknownUnit, match=words):
            net.check(Unit.parse(wrong))


def test_a_card_can_name_them_as_the_states_of_the_network() -> None:
    from dnnvis.network.card import Card

    card = Card(name="rows", size=(28, 28), channels=1, states=("lstm.l0.cell_state",))
    net = Network(row_lstm(), card)
    assert net.info.states == tuple(("lstm.l0.cell_state", call) for call in range(28))


def test_the_command_line_lists_them(tmp_path: Path) -> None:
    from dnnvis.cli.main import app

    file = tmp_path / "mine.py"
    file.write_text(
        (Path(__file__).parents[1] / "helpers" / "recurrent_networks.py").read_text()
        + "\n\ndef colour():\n    return nn.Sequential(nn.Conv2d(3, 1, 1), row_lstm())\n"
    )
    said = CliRunner().invoke(app, ["layers", f"{file}:colour", "--size", "28", "--trust-code"])
    assert said.exit_code == 0, said.output
    line = next(line for line in said.stdout.splitlines() if "1.lstm.l0.forget_gate" in line)
    assert "LSTM gate" in line
    assert "12 x 1 x 1" in line
    assert " 28 " in line


def test_the_wrong_axis_of_time_is_noticed(pictures: np.ndarray) -> None:
    class Wrong(RowLSTM):
        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.lstm(x[:, 0])[0][:, -1])

    net = wrapped(Wrong(batch_first=False).eval())
    row = net.layer("lstm")
    assert (row.calls, row.shape) == (1, (12, 28, 1))
    assert any("batch_first=True" in note for note in net.notes)
    assert not wrapped(row_lstm(batch_first=False)).notes
    narrow = wrapped(Wrong(batch_first=False, proj_size=5).eval()).record(pictures[:2])
    # the pictures of a batch would be its steps: each runs alone, and that is said
    assert narrow["lstm"].shape == (2, 1, 5, 28, 1)
    assert narrow["lstm.l0.cell_state"].shape == (2, 1, 12, 28, 1)
    assert any("one by one" in note for note in net.notes)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("wide", [{}, {"num_layers": 2, "bidirectional": True}])
def test_a_recording_has_what_the_module_returned(
    pictures: np.ndarray, batch_first: bool, wide: dict[str, Any]
) -> None:
    net = wrapped(row_lstm(batch_first=batch_first, **wide))
    recording = net.record(pictures)
    rows = net.encode(pictures)[:, 0]
    with torch.no_grad():  # another kernel runs where gradients may be wanted
        bare = net.module.lstm(rows if batch_first else rows.transpose(0, 1))[0]
    bare = bare if batch_first else bare.transpose(0, 1)  # (B, 28, H)
    assert recording["lstm"].dtype == np.float32
    assert np.array_equal(recording["lstm"][..., 0, 0], bare.numpy())
    assert recording["lstm.l0.forget_gate"].shape == (3, 28, 12, 1, 1)
    top = [f"lstm.l{1 if wide else 0}{end}.hidden" for end in ("", "r")[: 1 + bool(wide)]]
    hidden = np.concatenate([recording[name] for name in top], 2)
    np.testing.assert_allclose(hidden, recording["lstm"], atol=1e-5)
    for k in range(3):
        alone = net.record(pictures[k])
        assert set(alone) == {row.name for row in net.layers}
        for name in alone:
            np.testing.assert_allclose(alone[name], recording[name][k], atol=1e-5, err_msg=name)


def test_one_gate_alone_is_recorded_and_nothing_else_is_worked_out(
    picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnnvis.network import hooks

    asked: list[str] = []
    real = hooks.unroll
    monkeypatch.setattr(hooks, "unroll", lambda *given: asked.append("") or real(*given))
    net = wrapped(row_lstm())
    everything = net.record(picture)
    assert len(asked) == 1
    one = net.record(picture, ["lstm.l0.input_gate"])
    assert list(one) == ["lstm.l0.input_gate"]
    assert len(asked) == 2
    assert np.array_equal(one["lstm.l0.input_gate"], everything["lstm.l0.input_gate"])
    with pytest.raises(dnnvis.UnknownUnit, match="not recorded"):
        one["lstm.l0.forget_gate"]
    net.record(picture, ["lstm", "fc"])
    assert len(asked) == 2
    assert count_hooks(net.module) == 0


@pytest.mark.parametrize("gradients", [False, True])
def test_a_pass_stops_after_the_call_that_makes_the_step(
    picture: np.ndarray, gradients: bool
) -> None:
    net = wrapped(row_lstm())
    x = net.encode(picture)
    for layer in ("lstm", "lstm.l0.cell_state"):
        recording = net.run(x, [layer], until=(layer, 4), gradients=gradients)
        assert recording[layer].shape == (28, 12, 1, 1)
        with pytest.raises(dnnvis.BadInput, match="stopped"):
            _ = recording.output
    cells = wrapped(cell_loop())
    stopped = cells.run(x, ["cell.forget_gate"], until=("cell.forget_gate", 4))
    assert stopped["cell.forget_gate"].shape == (4, 8, 1, 1)


class Twice(nn.Module):
    """One GRU that reads the rows, then 5 of the columns."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(28, 6, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        rows, state = self.gru(x[:, 0])
        columns, _ = self.gru(input=x[:, 0].transpose(1, 2)[:, :5], hx=state)
        return columns[:, -1] + rows.mean(1)


def test_a_module_called_twice_goes_on_counting(pictures: np.ndarray) -> None:
    net = wrapped(Twice())
    assert net.layer("gru").calls == net.layer("gru.l0.update_gate").calls == 33
    recording = net.record(pictures)
    rows = net.encode(pictures)[:, 0]
    first, state = net.module.gru(rows)
    second, _ = net.module.gru(rows.transpose(1, 2)[:, :5], state)
    wanted = torch.cat([first, second], 1).numpy()
    assert np.array_equal(recording["gru"][..., 0, 0], wanted)
    np.testing.assert_allclose(recording["gru.l0.hidden"][..., 0, 0], wanted, atol=1e-5)
    last = np.stack([net.record(p)["gru"][-1] for p in pictures])
    told: dict[str, np.ndarray] = {}
    net.stream_layers(
        net.encode(pictures),
        ["gru", "gru.l0.hidden"],
        lambda passing: told.update({passing.layer: passing.value.numpy().copy()}),
    )
    np.testing.assert_allclose(told["gru"], last, atol=1e-6)
    np.testing.assert_allclose(told["gru.l0.hidden"], last, atol=1e-5)


class Squeezed(nn.Module):
    """A picture alone loses its batch axis before it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(28, 5, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.rnn(x.squeeze())[0].sum(-2)


class Packed(nn.Module):
    """Only the rows down to the last bright one are read."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(28, 5, bidirectional=True)
        self.fc = nn.Linear(10, 3)

    def forward(self, x: Tensor) -> Tensor:
        bright = (x[:, 0].amax(2) > 0.2) * torch.arange(1, 29)  # (B, 28)
        lengths = bright.amax(1).clamp(min=1).cpu()
        packed = pack_padded_sequence(x[:, 0], lengths, batch_first=True, enforce_sorted=False)
        steps, _ = self.lstm(packed)
        return self.fc(pad_packed_sequence(steps)[0].sum(0))


@pytest.mark.parametrize("network", [Squeezed, Packed])
def test_unbatched_and_packed_sequences_are_recorded(
    network: Callable[[], nn.Module], pictures: np.ndarray
) -> None:
    net = wrapped(network())
    name = net.layers[0].name
    assert net.layer(name).calls == 28
    together = net.record(pictures)
    hidden = [row.name for row in net.layers if row.name.endswith("hidden")]
    joined = np.concatenate([together[row] for row in hidden], 2)
    np.testing.assert_allclose(joined, together[name], atol=1e-5)
    for k in range(3):
        alone = net.record(pictures[k])
        for row in alone:
            np.testing.assert_allclose(alone[row], together[row][k], atol=1e-5, err_msg=row)


def test_a_short_sequence_is_zero_after_its_end(pictures: np.ndarray) -> None:
    net = wrapped(Packed())
    dark = pictures.copy()
    dark[1, 10:] = 0
    together = net.record(dark)
    for row in ("lstm", "lstm.l0.forget_gate", "lstm.l0r.hidden"):
        assert together[row][1, :10].all()
        assert not together[row][1, 10:].any()
        assert together[row][0].all()
    alone = net.record(dark[1])
    assert alone["lstm.l0r.cell_state"].shape == (10, 5, 1, 1)
    np.testing.assert_allclose(
        alone["lstm.l0r.cell_state"], together["lstm.l0r.cell_state"][1, :10], atol=1e-5
    )
    lit = dnnvis.look(net, "gradient", "lstm.l0r.hidden[2]#4", image=dark[1])
    assert lit.values[4:10].any((1, 2)).all()
    assert not lit.values[:4].any()
    assert not lit.values[10:].any()


class Places(nn.Module):
    """At every place of a map a sequence of its own: 5 brightnesses of the same map."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 7, stride=7)
        self.gru = nn.GRU(3, 6, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x)  # (B, 3, 4, 4)
        places = maps.flatten(2).transpose(1, 2).reshape(-1, 1, 3)  # (B * 16, 1, 3)
        steps, _ = self.gru(places * torch.arange(1, 6).view(1, 5, 1))
        return steps[:, -1].view(len(x), 16, 6).mean(1)


def test_sequences_at_the_places_of_a_map_are_maps_at_every_step(pictures: np.ndarray) -> None:
    net = wrapped(Places())
    assert (net.layer("gru").shape, net.layer("gru").calls) == ((6, 4, 4), 5)
    together = net.record(pictures)
    assert together["gru.l0.reset_gate"].shape == (3, 5, 6, 4, 4)
    np.testing.assert_allclose(together["gru"][:, -1].mean((2, 3)), together.output, atol=1e-6)
    for k in range(3):
        alone = net.record(pictures[k])
        for row in alone:
            np.testing.assert_allclose(alone[row], together[row][k], atol=1e-5, err_msg=row)


def test_a_module_of_someone_s_own_computation_stays_a_list_of_tokens(picture: np.ndarray) -> None:
    class Own(nn.GRU):
        def forward(self, x: Tensor, hx: Any = None) -> Any:
            return super().forward(x * 2, hx)

    net = wrapped(nn.Sequential(nn.Flatten(1, 2), Own(28, 6, batch_first=True)))
    assert [row.name for row in net.layers] == ["0", "1", "1.1", "output.1", "output"]
    assert net.record(picture)["1"].shape == (1, 6, 28, 1)
