"""Write checkpoints of Keras 3 (torch backend): ``python tests/savers/make_keras.py FOLDER``.

Needs ``keras==3.15.1`` and ``h5py==3.16.0``.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from cases import CaseFolder
from keras import layers
from networks import convs
from torch import Tensor


def conv_model() -> keras.Model:
    """Return the Keras model that ``networks.py:convs`` is."""
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(8, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.Conv2D(8, 1, use_bias=False),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(20, activation="relu"),
            layers.Dense(5),
        ]
    )


class Named(keras.Model):
    """The same, subclassed, its layers called as the torch network's."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = layers.Conv2D(8, 3, padding="same")
        self.norm = layers.BatchNormalization()
        self.depthwise = layers.DepthwiseConv2D(3, padding="same")
        self.pointwise = layers.Conv2D(8, 1, use_bias=False)
        self.hidden = layers.Dense(20, activation="relu")
        self.answer = layers.Dense(5)

    def call(self, x: Tensor) -> Tensor:
        x = keras.ops.relu(self.norm(self.stem(x)))
        x = keras.ops.relu(self.pointwise(self.depthwise(x)))
        x = keras.ops.max_pool(x, 2)
        return self.answer(self.hidden(keras.ops.reshape(x, (-1, 512))))


def set_weights(model: keras.Model) -> None:
    """Give a model weights and statistics that are all different."""
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.01, 0.2, w.shape).astype("float32") for w in model.weights])


def expected_for(model: keras.Model) -> dict[str, Tensor]:
    """Return the torch network's weights, and check that it answers as the Keras model."""
    values = [torch.tensor(keras.ops.convert_to_numpy(w)) for w in model.weights]
    stem, stem_bias, gamma, beta, mean, var, depthwise, depthwise_bias = values[:8]
    pointwise, hidden, hidden_bias, answer, answer_bias = values[8:]
    rows = [hidden[8 * pixel + channel] for channel in range(8) for pixel in range(64)]
    state = {
        "stem.weight": torch.einsum("hwio->oihw", stem),
        "stem.bias": stem_bias,
        "norm.weight": gamma,
        "norm.bias": beta,
        "norm.running_mean": mean,
        "norm.running_var": var,
        "depthwise.weight": torch.einsum("hwim->imhw", depthwise),
        "depthwise.bias": depthwise_bias,
        "pointwise.weight": torch.einsum("hwio->oihw", pointwise),
        "hidden.weight": torch.stack(rows, 1),
        "hidden.bias": hidden_bias,
        "answer.weight": torch.einsum("io->oi", answer),
        "answer.bias": answer_bias,
    }
    module = convs().eval()
    module.load_state_dict(state, strict=False)
    x = torch.rand(2, 3, 16, 16)
    with torch.no_grad():
        theirs = keras.ops.convert_to_numpy(model(x.permute(0, 2, 3, 1), training=False))
        assert np.allclose(module(x).numpy(), theirs, rtol=1e-4, atol=1e-4)
    return state


def main() -> None:
    """Write all."""
    cases = CaseFolder(f"keras {keras.__version__}")
    model = conv_model()
    set_weights(model)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    expected = expected_for(model)
    model.save(cases.path / "model.keras")
    cases.add(".keras", "model.keras", "convs", expected, note="in their order")
    model.save_weights(cases.path / "model.weights.h5")
    cases.add(".weights.h5", "model.weights.h5", "convs", expected, note="from its shape", size=16)
    model.save(cases.path / "model.h5")
    cases.add(".h5, the older form", "model.h5", "convs", expected, note="in their order")
    named = Named()
    named(np.zeros((1, 16, 16, 3), "float32"))
    named.set_weights(model.get_weights())
    named.save_weights(cases.path / "named.weights.h5")
    cases.add("subclassed, .weights.h5", "named.weights.h5", "convs", expected, size=16)
    kinds = [
        keras.Input((16, 16, 3)),
        layers.SeparableConv2D(6, 3),
        layers.Conv2DTranspose(4, 3),
        layers.LayerNormalization(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    ]
    mixed = keras.Sequential(kinds)
    set_weights(mixed)
    values = [torch.tensor(keras.ops.convert_to_numpy(w)) for w in mixed.weights]
    right = {
        "depthwise.weight": torch.einsum("hwim->imhw", values[0]),
        "pointwise.weight": torch.einsum("hwio->oihw", values[1]),
        "pointwise.bias": values[2],
        "transposed.weight": torch.einsum("hwoi->iohw", values[3]),
        "transposed.bias": values[4],
        "norm.weight": values[5],
        "norm.bias": values[6],
        "answer.weight": torch.einsum("io->oi", values[7]),
        "answer.bias": values[8],
    }
    mixed.save(cases.path / "mixed.keras")
    cases.add("separable, transposed, layer norm", "mixed.keras", "mixed", right)
    mixed.save_weights(cases.path / "mixed.weights.h5")
    cases.add("the same, .weights.h5", "mixed.weights.h5", "mixed", right)
    recurrent = keras.Sequential([keras.Input((4, 3)), layers.LSTM(5), layers.Dense(2)])
    recurrent.save_weights(cases.path / "recurrent.weights.h5")
    cases.add("LSTM", "recurrent.weights.h5", "convs", refusal="no plain counterpart")
    cases.add("another network's", "mixed.keras", "convs", refusal="do not fit")
    cases.add(".keras, as a network", "model.keras", "", refusal="belong to no network known")


if __name__ == "__main__":
    main()
