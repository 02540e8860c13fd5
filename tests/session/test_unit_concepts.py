"""Names of units, from the library and from a job."""

from dataclasses import replace
from typing import Any

from dnnvis.core.job_state import JobState
from dnnvis.core.notes import SavedNotes
from dnnvis.core.probing.dissection import LayerConcepts
from dnnvis.core.unit import Unit
from dnnvis.session.unit_concepts import UnitConcepts, read_job

RECORD: dict[str, Any] = {
    "network": "toy",
    "layers": [
        {
            "layer": "conv1",
            "measure": "iou",
            "units": 4,
            "names": {"2": ["red", 0.31], "0": ["red", 0.05], "3": ["dots", 0.1]},
            "control_concepts": {"red": 3},
            "pictures": 90,
        }
    ],
}
JOB = JobState("dissect", latest=RECORD)


def concepts() -> UnitConcepts:
    made = UnitConcepts()
    made.follow("toy")
    return made


def test_a_job_gives_names_when_it_ends() -> None:
    known = concepts()
    assert not known.receive("job dissect", JobState("dissect", latest={"words": "..."}))
    assert known.receive("job dissect", JOB)
    assert known.describe(Unit("conv1", 2, (1, 1))) == "detects red, IoU 0.31"
    assert known.describe(Unit("conv1", 1)) == known.describe(Unit("conv2", 2)) == ""
    assert known.describe(None) == known.describe_long(None) == ""
    assert known.describe_long(Unit("conv1", 2)) == (
        "Detects red, IoU 0.31; 2 of 4 units here do, 3 with shuffled weights"
    )
    assert known.describe_long(Unit("conv1", 3)).endswith("0 with shuffled weights")
    assert known.describe_long(Unit("conv1", 1)) == (
        "Detects none of the concepts (below 0.04 IoU)"
    )
    assert known.describe_long(Unit("conv2", 1)) == ""
    assert [(str(unit), name) for unit, name, _ in known.iterate()] == [
        ("conv1[2]", "red"),
        ("conv1[3]", "dots"),
        ("conv1[0]", "red"),
    ]


def test_the_library_gives_names_and_notes_without_them_keep_those_known() -> None:
    known = concepts()
    layer = LayerConcepts("toy", "fc", "auroc", 3, {1: ("cat", 0.97)})
    assert known.receive("notes", SavedNotes(None, concepts=(layer,)))
    assert not known.receive("notes", SavedNotes(None, {"fc[1]": "a note"}))
    assert known.describe(Unit("fc", 1)) == "detects cat, AUROC 0.97"
    assert known.describe_long(Unit("fc", 1)) == "Detects cat, AUROC 0.97; 1 of 3 units here do"
    assert known.receive("job dissect", JOB)
    assert known.layer("fc") is layer  # others stay
    assert known.receive("notes", SavedNotes(None, concepts=()))  # opened again, other weights
    assert known.layer("fc") is known.layer("conv1") is None


def test_names_of_another_network_are_not_taken_and_forgotten() -> None:
    known = concepts()
    assert not known.receive("job dissect", replace(JOB, latest={**RECORD, "network": "other"}))
    assert known.receive("job dissect", JOB)
    known.follow("toy")
    assert known.layer("conv1") is not None
    known.follow("other")
    assert known.layer("conv1") is None


def test_records_that_are_none_are_left_out() -> None:
    (layer,) = RECORD["layers"]
    for broken in (
        {"layers": [layer]},
        {"network": "toy", "layers": [{**layer, "measure": "x"}]},
        {"network": "toy", "layers": [{**layer, "names": {"a": ["red", 1]}}]},
        {"network": "toy", "layers": [{}]},
        {"network": "toy", "layers": [3]},
        {"network": "toy", "layers": "x"},
    ):
        assert read_job(JobState("dissect", latest=broken)) == []
