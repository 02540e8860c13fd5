"""What a picture is worth, against numpy on the maps that the network made."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective, Term
from dnnvis.lenses.ascent import objectives
from dnnvis.lenses.ascent.evaluation import batch_template, compute_objectives, evaluate, resize
from dnnvis.lenses.look import look
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.ascent_networks import Twice, climbing, pictures, recipe, seeded, small

Array = NDArray[np.float64]
B = 3


def maps(net: Network, layer: str, x: torch.Tensor, call: int = -1) -> Array:
    """(B, C, H, W)."""
    return net.run(x, [layer], batched=True)[layer][:, call].astype(np.float64)


def worth(net: Network, goals: list[str] | str, x: torch.Tensor, **changes: object) -> Array:
    texts = [goals] * len(x) if isinstance(goals, str) else goals
    found = evaluate(net, [Objective.parse(text) for text in texts], x, recipe(**changes))
    return found.numpy().astype(np.float64)


@pytest.fixture(scope="module")
def net() -> Network:
    return small((16, 18))


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return pictures(B, 3, 16, 18)


STATISTICS: dict[str, Callable[[Array], Array]] = {
    "mean": lambda m: m.reshape(len(m), -1).sum(1) / (m.shape[1] * m.shape[2]),
    "max": lambda m: np.array([max(row.ravel()) for row in m]),
    "neuron": lambda m: m[:, 7, 8],  # the middle of a map of 14 x 16
}


@pytest.mark.parametrize("how", STATISTICS)
def test_a_channel_by_each_statistic(how: str, net: Network, x: torch.Tensor) -> None:
    wanted = STATISTICS[how](maps(net, "2", x)[:, 3])
    np.testing.assert_allclose(worth(net, "2[3]", x, statistic=how), wanted, rtol=1e-5)


@pytest.mark.parametrize("how", ["mean", "max", "neuron"])
def test_a_place_is_that_place_whatever_the_statistic(
    how: str, net: Network, x: torch.Tensor
) -> None:
    wanted = maps(net, "2", x)[:, 1, 2, 11]
    np.testing.assert_allclose(worth(net, "2[1]@2,11", x, statistic=how), wanted, rtol=1e-5)


def test_every_picture_of_a_batch_has_a_channel_of_its_own(net: Network, x: torch.Tensor) -> None:
    found = maps(net, "2", x)
    wanted = [found[0, 4].mean(), found[1, 0].mean(), found[2, 2].mean()]
    np.testing.assert_allclose(worth(net, ["2[4]", "2[0]", "2[2]"], x), wanted, rtol=1e-4)


def test_a_whole_layer_is_the_mean_of_its_squares(net: Network, x: torch.Tensor) -> None:
    wanted = np.einsum("bchw,bchw->b", maps(net, "2", x), maps(net, "2", x)) / (5 * 14 * 16)
    np.testing.assert_allclose(worth(net, "2", x), wanted, rtol=1e-5)


def test_a_class_score_is_the_number_before_the_softmax(net: Network, x: torch.Tensor) -> None:
    wanted = [net.run(x[k : k + 1]).output[2] for k in range(B)]
    np.testing.assert_allclose(worth(net, "output[2]", x), wanted, rtol=1e-4)


def test_a_class_probability_is_its_logarithm(net: Network, x: torch.Tensor) -> None:
    scores = np.exp(maps(net, "6", x)[:, :, 0, 0])
    wanted = np.log(scores[:, 1] / scores.sum(1))
    np.testing.assert_allclose(worth(net, "6[1]", x, statistic="probability"), wanted, rtol=1e-4)


def test_a_softmax_is_not_taken_of_probabilities_again(x: torch.Tensor) -> None:
    module = seeded(nn.Sequential(nn.Conv2d(3, 4, 16), nn.Softmax(1)))
    net = wrap(module, size=(16, 18))
    wanted = np.log(maps(net, "1", x)[:, 2, 0]).mean(1)
    np.testing.assert_allclose(worth(net, "1[2]", x, statistic="probability"), wanted, rtol=1e-4)


def test_sums_weigh_terms_of_several_layers_and_may_dislike(net: Network, x: torch.Tensor) -> None:
    low, high = maps(net, "0", x), maps(net, "6", x)
    wanted = 0.5 * low[:, 1].mean((1, 2)) - 3 * high[:, 2, 0, 0] + low[:, 0, 3, 4]
    found = worth(net, "0.5*0[1] - 3*6[2] + 0[0]@3,4", x)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_the_call_of_a_layer_that_is_called_twice_is_the_one_named() -> None:
    net, x = wrap(seeded(Twice()), size=10), pictures(2, 3, 10, 10)
    for call in (0, 1, -1):
        goal = "conv[1]" if call == -1 else f"conv[1]#{call}"
        wanted = maps(net, "conv", x, call)[:, 1].mean((1, 2))
        np.testing.assert_allclose(worth(net, goal, x), wanted, rtol=1e-5)
    assert not np.allclose(worth(net, "conv[1]#0", x), worth(net, "conv[1]#1", x))
    wanted = maps(net, "conv", x, 0)[:, 1].mean((1, 2)) + maps(net, "conv", x, 1)[:, 2, 4, 5]
    np.testing.assert_allclose(worth(net, "conv[1]#0 + conv[2]@4,5#1", x), wanted, rtol=1e-5)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0, 4.0])
def test_a_direction_is_a_dot_times_a_power_of_the_cosine(
    power: float, net: Network, x: torch.Tensor
) -> None:
    found, towards = maps(net, "2", x), np.array([0, 1.0, 0, -0.5, 0])
    wanted = np.zeros(B)
    for b, y, z in np.ndindex(B, 14, 16):
        at = found[b, :, y, z]
        cosine = at @ towards / (np.linalg.norm(at) * np.linalg.norm(towards))
        wanted[b] += at @ towards * max(cosine, 0.1) ** power / (14 * 16)
    got = worth(net, "2[1] - 0.5*2[3]", x, statistic="direction", power=power)
    np.testing.assert_allclose(got, wanted, rtol=1e-4)


def test_a_direction_at_a_place_is_that_place(net: Network, x: torch.Tensor) -> None:
    wanted = maps(net, "2", x)[:, 1, 3, 5] - 0.5 * maps(net, "2", x)[:, 3, 3, 5]
    got = worth(net, "2[1]@3,5 - 0.5*2[3]@3,5", x, statistic="direction", power=0.0)
    np.testing.assert_allclose(got, wanted, rtol=1e-4)


@pytest.mark.parametrize("goal", ["2[1] + 0[2]", "2", "2[1]@3,5 + 2[2]", "2[1]@3,5 + 2[2]@4,5"])
def test_a_direction_lies_in_one_layer_at_one_place(goal: str, net: Network) -> None:
    with pytest.raises(BadInput, match="direction"):
        look(net, "ascent", goal, statistic="direction", steps=1)


def test_between_two_units_the_weights_go_from_one_to_the_other() -> None:
    goals = objectives.interpolate_objectives(Objective.parse("2*0[1] - 0[3]"), 5)
    weights = [[term.weight for term in goal.terms] for goal in goals]
    assert weights == [[2, 0], [1.5, -0.25], [1, -0.5], [0.5, -0.75], [0, -1]]
    assert all([term.channel for term in goal.terms] == [1, 3] for goal in goals)
    alone = objectives.interpolate_objectives(Objective.parse("0[1] + 0[2]"), 1)
    assert [term.weight for term in alone[0].terms] == [1, 0]


def test_pictures_on_the_way_start_alike_and_need_two_ends(net: Network) -> None:
    made = look(net, "ascent", "2[1] + 2[3]", between=True, seeds=3, steps=1, rate=0.0)
    np.testing.assert_array_equal(made.sheet[0], made.sheet[1])
    np.testing.assert_array_equal(made.sheet[0], made.sheet[2])
    with pytest.raises(BadInput, match="not two"):
        look(net, "ascent", "2[1]", between=True, seeds=3, steps=1)


def test_likeness_is_the_mean_cosine_of_gram_matrices() -> None:
    values = pictures(4, 5, 3, 6, seed=1) - 0.5
    grams = [m.reshape(5, -1) @ m.reshape(5, -1).T for m in values.double().numpy()]
    units = [gram.ravel() / np.linalg.norm(gram) for gram in grams]
    wanted = [np.mean([units[a] @ units[b] for b in range(4) if b != a]) for a in range(4)]
    np.testing.assert_allclose(objectives.gram_similarity(values), wanted, rtol=1e-5)
    assert objectives.gram_similarity(values[:1]).tolist() == [0]


def test_likeness_is_paid_for_by_the_first_layer(net: Network, x: torch.Tensor) -> None:
    goals = [Objective.parse("2[1] + 0[0]")] * len(x)
    seen = net.run(x, ["2", "0"])
    plain, paid = (
        compute_objectives(goals, seen.tensor, recipe(diversity=weight), 1).numpy()
        for weight in (0.0, 7.0)
    )
    np.testing.assert_array_equal(worth(net, "2[1] + 0[0]", x, diversity=7.0), plain)  # alone
    alike = objectives.gram_similarity(torch.from_numpy(maps(net, "2", x))).numpy()
    np.testing.assert_allclose(plain - paid, 7 * alike, rtol=1e-3)


def test_diverse_pictures_become_less_alike() -> None:
    net = small(seed=2)

    def alike(diversity: float) -> float:
        climb = climbing(net, recipe(steps=30, diversity=diversity), "2[1]", (0, 1, 2))
        for _ in range(30):
            climb.step()
        values = net.run(climb.pictures(), ["2"]).tensor("2")
        return float(objectives.gram_similarity(values).mean())

    assert alike(100.0) < alike(0.0) - 0.02


def test_goals_of_one_batch_differ_in_channels_and_weights_alone(net: Network) -> None:
    one, other = Objective.parse("2[1] + 0.5*2[3]"), Objective.parse("-2*2[4] + 2[0]")
    assert (
        batch_template(one)
        == batch_template(other)
        != batch_template(Objective.parse("2[1]@1,1 + 2[0]"))
    )
    assert batch_template(Objective((Term("2"),))) != batch_template(Objective.parse("2[0]"))
    with pytest.raises(BadInput, match="cannot be in one batch"):
        climbing(net, recipe(), ["2[1]", "0[1]"], (0, 1))


def test_resizing_a_constant_or_to_the_same_size_changes_nothing() -> None:
    x = pictures(1, 3, 8, 10)
    assert resize(x, (8, 10)) is x
    for size in ((5, 4), (16, 31)):
        made = resize(torch.full((1, 3, 8, 10), 0.3), size)
        assert made.shape[2:] == size
        torch.testing.assert_close(made, torch.full_like(made, 0.3))
