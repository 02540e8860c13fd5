"""What a typed text may mean, ranked."""

from time import process_time

import pytest

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.notes import SavedNotes
from dnnvis.core.probing.dissection import LayerConcepts
from dnnvis.core.unit import Unit
from dnnvis.session.go_to import Target, TargetIndex, build_index, search
from dnnvis.session.unit_concepts import UnitConcepts

LABELS = ("tench, Tinca tinca", "zebra", "zebra finch", "sea lion", "lion", "dandelion")


@pytest.fixture
def index() -> TargetIndex:
    rows = (
        LayerInfo("features.0", "Conv2d", (64, 9, 9), title="conv1"),
        LayerInfo("features.11", "Fire", (32, 4, 4), title="fire8"),
        LayerInfo("features.12.squeeze", "Conv2d", (8, 4, 4), title="fire9/squeeze"),
        LayerInfo("features.12", "Fire", (32, 4, 4), title="fire9"),
        LayerInfo("conv5", "Conv2d", (16, 4, 4)),
        LayerInfo("output", "result", (6, 1, 1), title="classes"),
    )
    notes = SavedNotes(None, {"conv5[2]": "fires on wheels"}, ("features.12[3]", "gone[1]"))
    others = (
        Target("action", "Next layer", "one layer towards the output", "next_layer"),
        Target("network", "net1-mnist", "network", "net1-mnist"),
    )
    return build_index(NetworkInfo("n", rows, LABELS, (8, 8), 3), "conv5", notes, others)


def texts(index: TargetIndex, query: str) -> list[tuple[str, str]]:
    return [(target.kind, target.text) for target in search(index, query)]


@pytest.mark.parametrize(
    ("query", "kind", "value"),
    [
        ("zebra", "class", 1),
        ("tinca", "class", 0),
        ("class 4", "class", 4),
        ("fire9", "layer", "features.12"),
        ("FIRE9/s", "layer", "features.12.squeeze"),
        ("features.12", "layer", "features.12"),
        ("f9sq", "layer", "features.12.squeeze"),  # letters in order
        ("classes", "layer", "output"),
        ("8", "unit", Unit("conv5", 8)),
        ("fire9 20", "unit", Unit("features.12", 20)),
        ("fire9[20]@1,2", "unit", Unit("features.12", 20, (1, 2))),
        ("conv5[3]", "unit", Unit("conv5", 3)),
        ("squeeze 3", "unit", Unit("features.12.squeeze", 3)),
        ("wheels", "note", Unit("conv5", 2)),
        ("next lay", "action", "next_layer"),
        ("layer next", "action", "next_layer"),
        ("mnist", "network", "net1-mnist"),
    ],
)
def test_the_first_result_is_what_is_meant(
    index: TargetIndex, query: str, kind: str, value: object
) -> None:
    first = search(index, query)[0]
    assert (first.kind, first.value) == (kind, value)


def test_whole_names_come_before_beginnings_before_words_before_parts(index: TargetIndex) -> None:
    classes = [text for kind, text in texts(index, "lion") if kind == "class"]
    assert classes == ["lion", "sea lion", "dandelion"]
    assert texts(index, "zebra")[:2] == [("class", "zebra"), ("class", "zebra finch")]


def test_results_of_one_kind_lie_together(index: TargetIndex) -> None:
    kinds = [kind for kind, _ in texts(index, "e")]
    assert len(dict.fromkeys(kinds)) == sum(
        a != b for a, b in zip(kinds, ["", *kinds], strict=False)
    )


@pytest.mark.parametrize("query", ["16", "fire9 32", "nothing[3]", "qqq", "conv5[3]@9,9"])
def test_what_this_network_has_not_is_not_offered(index: TargetIndex, query: str) -> None:
    assert not [target for target in search(index, query) if target.kind == "unit"]


def test_a_note_of_a_layer_that_is_gone_is_left_out(index: TargetIndex) -> None:
    notes = [target for target in index.targets if target.kind == "note"]
    assert [target.text for target in notes] == ["fire9[3]", "conv5[2]"]
    assert [target.text for target in search(index, "")] == ["fire9[3]", "conv5[2]", "net1-mnist"]


def test_without_a_network_only_the_rest_is_searched() -> None:
    index = build_index(None, "", None, (Target("action", "Quit", "", "quit"),))
    assert texts(index, "q") == [("action", "Quit")]
    assert search(index, "8") == ()


def test_a_key_among_1000_classes_and_2000_layers_takes_a_few_ms() -> None:
    names = [f"blocks.{k // 8}.part{k % 8}.conv" for k in range(2000)]
    rows = tuple(
        LayerInfo(name, "Conv2d", (64, 7, 7), title=f"stage{n}/x") for n, name in enumerate(names)
    )
    labels = tuple(f"kind of animal {k}, genus number {k}" for k in range(1000))
    index = build_index(NetworkInfo("n", rows, labels, (8, 8), 3), names[0])
    durations = []
    for query in ("k", "ki", "kin", "animal 7", "blocks.7.part3", "bpc", "stage77 20", "genus 99"):
        start = process_time()
        search(index, query)
        durations.append(process_time() - start)
    assert sorted(durations)[len(durations) // 2] < 0.04  # the median; other work slows it


def test_a_concept_leads_to_its_units_best_first() -> None:
    concepts = UnitConcepts()
    concepts.follow("net")
    rows = (LayerInfo("conv1", "Conv2d", (4, 8, 8)), LayerInfo("conv2", "Conv2d", (2, 8, 8)))
    layers = tuple(
        LayerConcepts("net", row.name, "iou", row.shape[0], names)
        for row, names in zip(
            rows, ({0: ("fine dots", 0.1), 9: ("red", 0.9)}, {1: ("fine dots", 0.3)}), strict=True
        )
    )
    concepts.receive("notes", SavedNotes(None, concepts=layers))
    index = build_index(NetworkInfo("net", rows, (), (8, 8), 3), "conv1", concepts=concepts)
    found = [target for target in search(index, "dots") if target.kind == "concept"]
    assert [(target.text, target.detail, target.value) for target in found] == [
        ("fine dots", "conv2[1] · IoU 0.30", Unit("conv2", 1)),
        ("fine dots", "conv1[0] · IoU 0.10", Unit("conv1", 0)),
    ]
    assert search(index, "red") == ()  # the layer has no unit 9
    assert all(target.kind != "concept" for target in search(index, "conv1"))
