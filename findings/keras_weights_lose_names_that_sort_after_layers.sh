#!/usr/bin/env bash
# A .weights.h5 of Keras names a layer by its attribute only if that name sorts before "layers".
#
# Versions:  keras 3.15.1, torch 2.15.0 as its backend, h5py 3.16.0 (seen 2026-11-29).
# Guess:     a subclassed model with self.head and self.stem, both Dense, has the groups "head" and
#            "stem" in its file, as a state_dict of torch would.
# Behavior:  "head" is there; "stem" is not: it lies in "layers/dense". The attributes are walked in
#            alphabetical order, the model's own property "layers" is one of them and lists all, and
#            what was met once is not written again. Renaming self.stem to self.body moves it. The
#            layer's own name= is nowhere but in an attribute of the group "vars", where it has one.
# With us:   network/weights/keras_file.py names by the "name" of "vars" and counts layers of a class
#            where there is none.
#
# Status 0 while it is so, 1 where it changed, 2 where the packages could not be installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
    uv venv --quiet --python 3.11 "$folder/venv" &&
        uv pip install --quiet --python "$folder/venv/bin/python" \
            keras==3.15.1 torch==2.15.0 h5py==3.16.0 numpy
} || exit 2
KERAS_BACKEND=torch "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys

import h5py
import keras
import numpy as np
from keras import layers


def build(first, second):
    """Return a model with two layers, stored as the attributes of these names."""

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            setattr(self, first, layers.Dense(4))
            setattr(self, second, layers.Dense(2))

        def call(self, x):
            return getattr(self, second)(getattr(self, first)(x))

    model = Model()
    model(np.zeros((1, 3), np.float32))
    return model


def list_groups(model, path):
    model.save_weights(path)
    groups = []
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: groups.append(name.removesuffix("/vars/0"))
            if isinstance(item, h5py.Dataset) and name.endswith("/0")
            else None
        )
    return sorted(groups)


print(f"keras {keras.__version__}, h5py {h5py.__version__}")
print("guess: the groups have the attributes' names")
seen = {}
for names in (("stem", "head"), ("body", "head"), ("stem", "tail")):
    seen[names] = list_groups(build(*names), f"{sys.argv[1]}/a.weights.h5")
    print(f"self.{names[0]}, self.{names[1]}: {seen[names]}")
same = seen == {
    ("stem", "head"): ["head", "layers/dense"],
    ("body", "head"): ["body", "head"],
    ("stem", "tail"): ["layers/dense", "layers/dense_1"],
}
print("as described" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
