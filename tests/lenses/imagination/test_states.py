from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.lenses.imagination import states
from dnnvis.lenses.imagination.states import imagine_states, steps_of
from dnnvis.lenses.look import look
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.zoo.life import LifeSpec
from helpers.imagination_networks import Counted, board, life


def boards(count: int, size: int = 9) -> torch.Tensor:
    random = np.random.default_rng(count)
    return torch.from_numpy((random.random((count, 1, size, size)) < 0.4).astype(np.float32))


@pytest.mark.parametrize(
    "spec",
    [
        LifeSpec(channels=6),
        LifeSpec(2, 6, (3, 3, 3), shared=False, border="periodic"),
        LifeSpec(4, 5, residual=False, encoder=2, decoder=2),
    ],
    ids=["shared", "unshared", "deep"],
)
def test_imagined_boards_are_what_the_network_itself_imagines(spec: LifeSpec) -> None:
    network, x = life(spec), boards(7)
    with torch.inference_mode():
        expected = network.module.imagine(x).numpy()
    made = imagine_states(network, x)
    assert made.shape == (7, spec.steps + 1, 9, 9)
    assert made.dtype == np.float32
    assert np.array_equal(made, expected)
    assert count_hooks(network.module) == 0


def test_many_boards_go_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    network, x = life(), boards(10)
    whole = imagine_states(network, x)
    monkeypatch.setattr(states, "MAX_BATCH_CELLS", 3 * 81 + 80)
    network.module.encoder = encoder = Counted(network.module.encoder)
    assert np.allclose(imagine_states(network, x), whole, atol=1e-6)
    assert encoder.calls == 4


def test_every_state_is_decoded_once() -> None:
    network = life(LifeSpec(3, 6))
    network.module.decoder = decoder = Counted(network.module.decoder)
    network.table  # noqa: B018  the dry run calls it too
    before = decoder.calls
    imagine_states(network, boards(2))
    assert decoder.calls == before + 4


def test_no_boards_give_none() -> None:
    assert imagine_states(life(), boards(0)).shape == (0, 4, 9, 9)


def test_the_lens_and_the_function_agree() -> None:
    network, pixels = life(), board()
    strip = look(network, "imagine", "cell[0]", image=pixels)
    made = imagine_states(network, network.encode(pixels))
    assert np.array_equal(made[0], strip.rows["imagination"][..., 0])


def test_a_card_that_names_no_states_or_decoder_is_said_to() -> None:
    for missing in ("states", "decoder"):
        network = life()
        network.card = replace(network.card, **{missing: () if missing == "states" else ""})
        with pytest.raises(BadInput, match=f'add "{missing}"'):
            imagine_states(network, boards(1))
    network.card = replace(network.card, decoder="show")
    with pytest.raises(BadInput, match="has no module 'show'"):
        imagine_states(network, boards(1))


@pytest.mark.parametrize("decoder", [nn.Conv2d(6, 3, 1), nn.Flatten()], ids=["colour", "flat"])
def test_a_decoder_that_makes_no_boards_is_refused(decoder: nn.Module) -> None:
    network: Network = life()
    network.module.decoder = decoder
    with pytest.raises(BadInput, match="not a board"):
        imagine_states(network, boards(1))


def test_a_decoder_of_another_width_is_refused_in_its_own_words() -> None:
    network = life()
    network.table  # noqa: B018
    network.module.decoder = nn.Conv2d(9, 1, 3, padding=1)
    with pytest.raises(BadInput, match="9 channels"):
        imagine_states(network, boards(1))


def test_boards_smaller_than_the_kernel_are_refused() -> None:
    with pytest.raises(BadInput, match="smaller than the kernel"):
        imagine_states(life(), boards(1, 2))


def test_the_steps_are_those_of_the_card_then_those_of_the_unit() -> None:
    network = life(LifeSpec(2, 4))
    card = (("encoder", 0), ("cell", 0), ("cell", 1))
    assert steps_of(network.info, Unit("cell.conv1", 0)) == card
    network.card = replace(network.card, states=())
    assert steps_of(network.info, Unit("cell.conv1", 0)) == (("cell.conv1", 0), ("cell.conv1", 1))
    assert steps_of(network.info, Unit("encoder", 0)) == ()
    assert steps_of(network.info, Unit("nowhere", 0)) == ()
