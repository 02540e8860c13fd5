"""``dnnvis models`` and ``dnnvis layers``: which networks, and what is inside one."""

import json

from dnnvis.cli import options as given
from dnnvis.cli.table import show_table


def models(json_: given.Json = False, debug: given.Debug = False) -> None:
    """List the networks that can be opened by name."""
    with given.plainly(debug):
        from dnnvis.zoo.catalog import names

        rows = names()
        if json_:
            for row in rows:
                print(json.dumps(row._asdict()))
            return
        show_table(
            ("name", "kind", "what", "test accuracy"),
            [(r.name, r.kind, r.title, f"{r.accuracy:.2%}" if r.accuracy else "") for r in rows],
        )


def layers(
    net: given.Net,
    checkpoint: given.CheckpointOption = None,
    weights: given.Weights = None,
    size: given.Size = None,
    mean: given.Mean = None,
    std: given.Std = None,
    labels: given.Labels = None,
    device: given.Device = "cpu",
    threads: given.Threads = 0,
    trust_code: given.Trust = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """List the layers of NET: name, kind, shape, parameters, calls, receptive field."""
    with given.plainly(debug):
        import dnnvis

        given.set_threads(threads)
        network = dnnvis.open(
            net,
            **given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code),
        )
        rows = network.layers
        if json_:
            for row in rows:
                print(json.dumps(vars(row)))
            return
        show_table(
            ("layer", "kind", "shape", "parameters", "calls", "field (size, stride, offset)"),
            [
                (
                    row.name,
                    row.kind,
                    " x ".join(map(str, row.shape)),
                    f"{row.parameters:,}",
                    str(row.calls),
                    "whole input or unknown"
                    if row.field is None
                    else "{}, {}, {:g}".format(*row.field),
                )
                for row in rows
            ],
        )
        print(network.card.preprocessing())
        for note in network.notes:
            print(note)
