#!/usr/bin/env bash
# torchvision's segmentation and detection networks fetch weights although weights=None is said.
#
# Versions:  torchvision 0.29.2, torch 2.15.0 (seen 2026-11-29).
# Guess:     a builder that is called with weights=None gives random weights and needs no network:
#            so its documentation says for classification, and so it is there.
# Behavior:  most builders of segmentation and detection networks have a second argument,
#            weights_backbone, that is an ImageNet file unless it is said to be None. Without a
#            network they raise; with one, half of the "random" network is a trained one.
# With us:   zoo/torchvision_nets.py says weights_backbone=None wherever it is an argument.
#
# Nothing is fetched here: the one function that fetches is replaced by one that notes the address.
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" torch==2.15.0 torchvision==0.29.2
} || exit 2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torchvision
from torchvision import models
from torchvision.models import _api


class Fetched(Exception):
    """A file was asked for."""


def note(self, *args, **kwargs):
    raise Fetched(self.url.rsplit("/", 1)[-1])


_api.WeightsEnum.get_state_dict = note
rooms = {
    "classification": models,
    "segmentation": models.segmentation,
    "detection": models.detection,
    "video": models.video,
}
print(f"torchvision {torchvision.__version__}")
print("guess: none of them asks for a file")
counts = {}
for title, room in rooms.items():
    names = models.list_models(module=room)
    fetched = {}
    for name in names:
        if title in ("classification", "video") and len(fetched) == 0 and names.index(name) >= 8:
            break  # eight of the 80 are enough to show that none does
        try:
            models.get_model(name, weights=None)
        except Fetched as file:
            fetched[name] = str(file)
    counts[title] = len(fetched)
    print(f"{title}: {len(fetched)} of those tried ask for a file")
    for name, file in fetched.items():
        print(f"  {name}: {file}")
same = counts["classification"] == counts["video"] == 0
same &= counts["segmentation"] >= 6 and counts["detection"] >= 8
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
