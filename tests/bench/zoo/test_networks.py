"""What is in the zoo."""

from collections import Counter

import pytest
import torchvision
from torch import nn

from dnnvis.bench.zoo import networks
from dnnvis.bench.zoo.networks import ENTRIES, TORCHVISION, build, find_entry, missing_library
from dnnvis.core.errors import BadInput


def test_the_zoo_has_as_many_networks_of_each_library_as_it_says() -> None:
    counts = Counter(entry.library for entry in ENTRIES)
    assert counts["timm"] == 100
    assert counts["transformers"] == 20
    assert counts["snntorch"] + counts["spikingjelly"] == 5
    assert counts["own"] == 5
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)


def test_every_family_of_torchvisions_pictures_is_in_it() -> None:
    models = torchvision.models
    for module in (models, models.segmentation, models.detection):
        names = models.list_models(module=module)
        families = {models.get_model_builder(name).__module__ for name in names}
        present = {models.get_model_builder(name).__module__ for name in TORCHVISION}
        assert families <= present


def test_entries_are_built_with_random_weights() -> None:
    module = build(find_entry("torchvision/squeezenet1_1"))
    assert isinstance(module, nn.Module)
    assert find_entry("torchvision/squeezenet1_1").size == (128, 128)


def test_a_name_that_is_not_in_it_is_told_of() -> None:
    with pytest.raises(BadInput, match="nonet"):
        find_entry("nonet")


def test_a_library_that_is_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "find_spec", lambda name: None)
    assert missing_library(find_entry("timm/resnet10t")) == "timm"
    assert missing_library(find_entry("own/lstm")) == ""
