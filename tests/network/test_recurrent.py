"""The gates and states inside torch's recurrent modules, against torch itself and by hand."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence

from dnnvis.network.recurrent import (
    is_recurrent,
    recurrent_inputs,
    recurrent_parts,
    time_steps_of,
    unroll,
)

KINDS = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN": nn.RNN}
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")


def made(kind: str, seed: int = 0, **settings: Any) -> Any:
    generator = torch.Generator().manual_seed(seed)
    module = KINDS[kind](5, 4, **settings).eval().requires_grad_(False)
    for weight in module.parameters():
        weight.normal_(0, 0.6, generator=generator)
    return module


def noise(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def initial(module: Any, many: int | None) -> Any:
    """A random initial state for ``many`` sequences, None = one without a batch axis."""
    batch = () if many is None else (many,)
    layers = module.num_layers * (1 + module.bidirectional)
    hidden = noise(layers, *batch, module.proj_size or module.hidden_size, seed=2)
    return (hidden, noise(layers, *batch, 4, seed=3)) if module.mode == "LSTM" else hidden


def last_hidden(module: Any, parts: dict[str, Any]) -> Tensor:
    """What the module should have returned, (T, N, H)."""
    top = f"l{module.num_layers - 1}"
    ends = ("", "r")[: 1 + module.bidirectional]
    return torch.cat([torch.stack(parts[f"{top}{end}.hidden"]) for end in ends], -1)


SETTINGS = [
    dict(zip(("num_layers", "bidirectional", "bias", "batch_first"), values, strict=True))
    for values in itertools.product((1, 2), (False, True), (False, True), (False, True))
]


def modules(kind: str) -> Iterator[Any]:
    for settings in SETTINGS:
        yield made(kind, **settings)
        if kind == "LSTM":
            yield made(kind, proj_size=3, **settings)
        if kind == "RNN":
            yield made(kind, nonlinearity="relu", **settings)
    yield made(kind, num_layers=3, dropout=0.5)


@pytest.mark.parametrize("start", ["zeros", "given"])
@pytest.mark.parametrize("many", [None, 1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_hidden_state_is_what_the_module_returned(
    kind: str, many: int | None, start: str
) -> None:
    for module in modules(kind):
        x = noise(7, 5) if many is None else noise(7, many, 5)
        if many is not None and module.batch_first:
            x = x.transpose(0, 1)
        state = initial(module, many) if start == "given" else None
        output = module(x, state)
        parts = unroll(module, (x, state), output)
        assert set(parts) == set(recurrent_parts(module))
        for name, values in parts.items():
            assert len(values) == 7
            assert {tuple(v.shape) for v in values} == {
                (many or 1, recurrent_parts(module)[name].channels)
            }
        steps = torch.stack(time_steps_of(module, output).split(output[0]))
        assert time_steps_of(module, output).count == 7
        torch.testing.assert_close(last_hidden(module, parts), steps, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("proj_size", [0, 3])
def test_cell_states_are_those_that_torch_reaches_on_every_shorter_sequence(proj_size: int) -> None:
    module = made("LSTM", num_layers=2, proj_size=proj_size)
    x, state = noise(6, 2, 5), initial(made("LSTM", num_layers=2, proj_size=proj_size), 2)
    parts = unroll(module, (x, state), module(x, state))
    for t in range(6):
        _, (hidden, cell) = module(x[: t + 1], state)
        for layer in (0, 1):
            torch.testing.assert_close(parts[f"l{layer}.hidden"][t], hidden[layer])
            torch.testing.assert_close(parts[f"l{layer}.cell_state"][t], cell[layer])


def test_the_backward_direction_has_read_from_the_end_down_to_its_step() -> None:
    module = made("LSTM", bidirectional=True)
    x = noise(6, 2, 5)
    parts = unroll(module, (x, None), module(x))
    for t in range(6):
        _, (hidden, cell) = module(x[t:])
        torch.testing.assert_close(parts["l0r.hidden"][t], hidden[1])
        torch.testing.assert_close(parts["l0r.cell_state"][t], cell[1])


def squashed(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def block(module: Any, number: int, x: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The input's and the state's part of one gate's sum, unit by unit, in float64."""
    rows = slice(4 * number, 4 * number + 4)
    wi, wh, bi, bh = (w.double().numpy()[rows] for w in module.parameters())
    from_input = np.array([sum(w * v for w, v in zip(row, x, strict=True)) for row in wi]) + bi
    from_state = np.array([sum(w * v for w, v in zip(row, h, strict=True)) for row in wh]) + bh
    return from_input, from_state


def test_lstm_gates_are_those_of_the_equations() -> None:
    module = made("LSTM")
    x, state = noise(5, 1, 5), initial(made("LSTM"), 1)
    parts = unroll(module, (x, state), module(x, state))
    h, c = (whole[0, 0].double().numpy() for whole in state)
    for t in range(5):
        i, f, g, o = (sum(block(module, k, x[t, 0].double().numpy(), h)) for k in range(4))
        for name, gate in (("input_gate", i), ("forget_gate", f), ("output_gate", o)):
            np.testing.assert_allclose(parts[f"l0.{name}"][t][0], squashed(gate), atol=1e-5)
        np.testing.assert_allclose(parts["l0.cell_candidate"][t][0], np.tanh(g), atol=1e-5)
        c = squashed(f) * c + squashed(i) * np.tanh(g)
        h = squashed(o) * np.tanh(c)
        np.testing.assert_allclose(parts["l0.cell_state"][t][0], c, atol=1e-5)
        np.testing.assert_allclose(parts["l0.hidden"][t][0], h, atol=1e-5)


def test_gru_gates_are_those_of_the_equations() -> None:
    module = made("GRU")
    x, state = noise(5, 1, 5), initial(made("GRU"), 1)
    parts = unroll(module, (x, state), module(x, state))
    h = state[0, 0].double().numpy()
    for t in range(5):
        r, z, n = (block(module, k, x[t, 0].double().numpy(), h) for k in range(3))
        reset, update = squashed(sum(r)), squashed(sum(z))
        candidate = np.tanh(n[0] + reset * n[1])
        np.testing.assert_allclose(parts["l0.reset_gate"][t][0], reset, atol=1e-5)
        np.testing.assert_allclose(parts["l0.update_gate"][t][0], update, atol=1e-5)
        np.testing.assert_allclose(parts["l0.candidate"][t][0], candidate, atol=1e-5)
        h = candidate + update * (h - candidate)
        np.testing.assert_allclose(parts["l0.hidden"][t][0], h, atol=1e-5)


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_packed_sequences_are_read_as_each_would_be_alone(kind: str, in_order: bool) -> None:
    for module in (made(kind, num_layers=2, bidirectional=True), made(kind, bias=False)):
        lengths = [6, 4, 1] if in_order else [1, 6, 4]
        alone = [noise(length, 5, seed=length) for length in lengths]
        packed = pack_sequence(alone, enforce_sorted=in_order)
        state = initial(module, 3)
        output = module(packed, state)
        parts = unroll(module, (packed, state), output)
        steps = torch.stack(time_steps_of(module, output).split(output[0].data))
        torch.testing.assert_close(steps, pad_packed_sequence(output[0])[0])
        torch.testing.assert_close(last_hidden(module, parts), steps, atol=1e-5, rtol=1e-5)
        for number, x in enumerate(alone):
            own = [s[:, number : number + 1] for s in (state if kind == "LSTM" else (state,))]
            given = (x[:, None], tuple(own) if kind == "LSTM" else own[0])
            single = unroll(module, given, module(*given))
            for name, values in parts.items():
                for t, value in enumerate(values):
                    wanted = single[name][t][0] if t < len(x) else torch.zeros_like(value[number])
                    torch.testing.assert_close(value[number], wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("batch", [(), (1,), (3,)])
@pytest.mark.parametrize("cell", [nn.LSTMCell, nn.GRUCell, nn.RNNCell])
def test_a_cell_has_the_gates_of_the_module_of_its_kind(cell: Any, batch: tuple[int, ...]) -> None:
    kind = cell.__name__.removesuffix("Cell")
    for bias, given in itertools.product((True, False), (True, False)):
        module, own = made(kind, bias=bias), cell(5, 4, bias=bias).requires_grad_(False)
        own.load_state_dict({k.removesuffix("_l0"): v for k, v in module.state_dict().items()})
        x = noise(*batch, 5)
        state = initial(module, batch[0] if batch else None) if given else None
        one = state if state is None or kind != "LSTM" else tuple(s[0] for s in state)
        one = one[0] if given and kind != "LSTM" else one
        found = unroll(own, (x, one), own(x, one))
        wanted = unroll(module, (x[None], state), module(x[None], state))
        assert {f"l0.{name}" for name in found} == set(wanted) - {"l0.hidden"}
        for name, (value,) in found.items():
            assert value.shape == (*batch, 4)
            expected = wanted[f"l0.{name}"][0].reshape(value.shape)
            torch.testing.assert_close(value, expected, atol=1e-6, rtol=1e-5)


def test_gradients_flow_through_gates_to_the_input_and_the_initial_state() -> None:
    for kind in KINDS:
        module = made(kind, num_layers=2, bidirectional=True).double()
        x = noise(3, 2, 5).double().requires_grad_()
        state = initial(module, 2)
        wholes = [s.double().requires_grad_() for s in (state if kind == "LSTM" else (state,))]

        def everything(x: Tensor, *wholes: Tensor) -> tuple[Tensor, ...]:
            given = (x, wholes if len(wholes) == 2 else wholes[0])
            parts = unroll(module, given, module(*given))  # noqa: B023
            return tuple(value for values in parts.values() for value in values)

        assert torch.autograd.gradcheck(everything, (x, *wholes))


def test_padded_steps_hand_no_gradient_to_what_lies_behind_the_end() -> None:
    module = made("LSTM", bidirectional=True)
    x = noise(5, 2, 5).requires_grad_()
    packed = pack_padded_sequence(x, [5, 3])
    parts = unroll(module, (packed, None), module(packed))
    total = sum(torch.stack(values)[:, 1].sum() for values in parts.values())
    (gradient,) = torch.autograd.grad(total, x)
    assert gradient[:3, 1].any()
    assert not gradient[3:, 1].any()
    assert not gradient[:, 0].any()


def test_weights_that_are_worked_out_anew_are_those_in_use() -> None:
    module = made("GRU")
    nn.utils.parametrizations.weight_norm(module, "weight_hh_l0")
    module.parametrizations.weight_hh_l0.original0.data.mul_(1.7)
    assert is_recurrent(module)
    x = noise(4, 2, 5)
    output = module(x)
    parts = unroll(module, (x, None), output)
    torch.testing.assert_close(torch.stack(parts["l0.hidden"]), output[0], atol=1e-6, rtol=1e-5)


def test_half_the_precision_is_kept() -> None:
    module = made("LSTM").bfloat16()
    x = noise(4, 2, 5).bfloat16()
    output = module(x)
    parts = unroll(module, (x, None), output)
    assert parts["l0.forget_gate"][0].dtype == torch.bfloat16
    hidden = torch.stack(parts["l0.hidden"])
    torch.testing.assert_close(hidden, output[0], atol=0.02, rtol=0.02)


def test_inputs_are_found_however_they_are_passed() -> None:
    x, state = noise(1), noise(2)
    assert recurrent_inputs((x,), {}) == (x, None)
    for inputs, named in (((x, state), {}), ((x,), {"hx": state}), ((), {"input": x, "hx": state})):
        first, second = recurrent_inputs(inputs, named)
        assert first is x
        assert second is state


def test_only_modules_that_compute_as_torch_does_are_recurrent() -> None:
    class Own(nn.GRU):
        def forward(self, x: Tensor, hx: Any = None) -> Any:
            return super().forward(x.relu(), hx)

    class Renamed(nn.GRU):
        pass

    found = [
        is_recurrent(m) for m in (Own(2, 2), Renamed(2, 2), nn.LSTMCell(2, 2), nn.Linear(2, 2))
    ]
    assert found == [False, True, True, False]
