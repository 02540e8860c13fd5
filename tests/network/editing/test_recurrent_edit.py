"""A hidden state, edited at a time step: later steps start from it."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import dnnvis
from dnnvis.network.editing.recurrent_edit import can_restart, edit_steps
from dnnvis.network.hooks import count_hooks
from helpers.recurrent_networks import row_gru, row_lstm

KINDS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


def values(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_equal_to_a_loop_over_cells(kind: str, batch_first: bool, layers: int) -> None:
    torch.manual_seed(0)
    module = KINDS[kind](3, 4, layers, batch_first=batch_first).eval()
    x = values(5, 2, 3)  # (T, N, 3)
    given = x.transpose(0, 1) if batch_first else x
    changes = {1: lambda h: h * 0, 4: lambda h: h + 1}
    with torch.no_grad():
        output, state = edit_steps(module, (given, None), module(given), changes)
        expected: list[Tensor] = []
        hidden = [torch.zeros(2, 4) for _ in range(layers)]
        cells = [torch.zeros(2, 4) for _ in range(layers)]
        for t in range(5):
            below = x[t]
            for layer in range(layers):
                cell = _cell(kind, module, layer)
                if kind == "lstm":
                    hidden[layer], cells[layer] = cell(below, (hidden[layer], cells[layer]))
                else:
                    hidden[layer] = cell(below, hidden[layer])
                below = hidden[layer]
            if t in changes:
                hidden[-1] = changes[t](hidden[-1])
            expected.append(hidden[-1])
    rows = output.transpose(0, 1) if batch_first else output
    torch.testing.assert_close(rows, torch.stack(expected), atol=1e-6, rtol=1e-5)
    last = state[0] if kind == "lstm" else state
    torch.testing.assert_close(last, torch.stack(hidden), atol=1e-6, rtol=1e-5)


def _cell(kind: str, module: nn.RNNBase, layer: int) -> nn.Module:
    size = 3 if layer == 0 else 4
    cell = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "rnn": nn.RNNCell}[kind](size, 4)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(cell, name).copy_(getattr(module, f"{name}_l{layer}"))
    return cell


def test_both_directions_and_packed_sequences_change_what_is_returned() -> None:
    torch.manual_seed(0)
    x = values(5, 2, 3)
    both = nn.LSTM(3, 4, bidirectional=True).eval()
    assert not can_restart(both, (x, None))
    with torch.no_grad():
        plain, _ = both(x)
        output, _ = edit_steps(both, (x, None), both(x), {2: lambda h: h * 0})
    assert not output[2].any()
    assert torch.equal(output[[0, 1, 3, 4]], plain[[0, 1, 3, 4]])
    module = nn.GRU(3, 4).eval()
    packed = pack_padded_sequence(x, torch.tensor([5, 3]))
    with torch.no_grad():
        plain = pad_packed_sequence(module(packed)[0])[0]
        changed = edit_steps(module, (packed, None), module(packed), {2: lambda h: h * 0})
        result = pad_packed_sequence(changed[0])[0]
    assert not result[2].any()
    assert torch.equal(result[[0, 1, 3, 4]], plain[[0, 1, 3, 4]])


@pytest.mark.parametrize("settings", [{}, {"batch_first": False}, {"proj_size": 5}])
def test_a_classifier_that_reads_rows(settings: dict[str, int]) -> None:
    net = dnnvis.wrap(row_lstm(**settings), size=28, channels=1)
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    plain = net.record(image)
    with net.edited("lstm[2]#10 = 0.5"):
        edited = net.record(image)
    assert edited["lstm"][10, 2, 0, 0] == pytest.approx(0.5)
    np.testing.assert_allclose(edited["lstm"][:10], plain["lstm"][:10], atol=1e-6)
    assert np.abs(edited["lstm"][11:] - plain["lstm"][11:]).max() > 1e-3
    assert np.abs(edited.output - plain.output).max() > 0
    again = net.record(image)
    np.testing.assert_array_equal(again.output, plain.output)


def test_it_is_bit_equal_to_the_steps_run_in_two_parts_by_hand() -> None:
    module = row_lstm()
    net = dnnvis.wrap(module, size=28, channels=1)
    image = np.random.default_rng(1).integers(0, 256, (28, 28, 1), np.uint8)
    plain, hooks = net.record(image), count_hooks(net.module)
    with torch.no_grad():  # up to step 10, its hidden state changed, and on from there
        rows = torch.from_numpy(image).permute(2, 0, 1).float() / 255
        begin, (hidden, cell) = module.lstm(rows[:, :11])
        hidden[0, 0, 2] = begin[0, 10, 2] = 0.5
        end, _ = module.lstm(rows[:, 11:], (hidden, cell))
        steps = torch.cat([begin, end], 1)[0].numpy()  # (28, 12)
        answer = module.fc(end[:, -1])[0].numpy()
    with net.edited("lstm[2]#10 = 0.5"):
        edited = net.record(image)
    np.testing.assert_array_equal(edited["lstm"][:, :, 0, 0], steps)
    np.testing.assert_array_equal(edited.output.reshape(-1), answer)
    after = net.record(image)
    np.testing.assert_array_equal(after["lstm"], plain["lstm"])
    np.testing.assert_array_equal(after.output, plain.output)
    assert count_hooks(net.module) == hooks == 0


def test_gates_inside_are_refused_and_one_sided_edits_are_reported() -> None:
    net = dnnvis.wrap(row_gru(), size=28, channels=1)
    with pytest.raises(dnnvis.BadInput, match="hidden state"), net.edited("gru.l0.hidden[0] = 0"):
        pass
    net = dnnvis.wrap(row_lstm(bidirectional=True), size=28, channels=1)
    image = np.zeros((28, 28, 1), np.uint8)
    with net.edited("lstm[2]#10 = 0.5"):
        assert net.record(image)["lstm"][10, 2, 0, 0] == pytest.approx(0.5)
        assert any("both directions" in note for note in net.notes)
    assert not any("both directions" in note for note in net.notes)
