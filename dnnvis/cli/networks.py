"""``dnnvis models`` and ``dnnvis layers``: which networks, and what is inside one."""

import json

from dnnvis.cli import options
from dnnvis.cli.table import show_table


def models(json_: options.Json = False, debug: options.Debug = False) -> None:
    """List the networks that can be opened by name."""
    with options.report_errors(debug):
        from dnnvis.zoo.catalog import list_networks

        rows = list_networks()
        if json_:
            for row in rows:
                print(json.dumps(row._asdict()))
            return
        show_table(
            ("name", "kind", "what", "test accuracy"),
            [(r.name, r.kind, r.title, f"{r.accuracy:.2%}" if r.accuracy else "") for r in rows],
        )


def layers(
    net: options.Net,
    checkpoint: options.CheckpointOption = None,
    weights: options.Weights = None,
    size: options.Size = None,
    mean: options.Mean = None,
    std: options.Std = None,
    labels: options.Labels = None,
    device: options.Device = "cpu",
    threads: options.Threads = 0,
    trust_code: options.Trust = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List the layers of NET: name, kind, shape, parameters, calls, receptive field."""
    with options.report_errors(debug):
        import dnnvis

        options.set_threads(threads)
        network = dnnvis.open(
            net,
            **options.collect_open_options(
                checkpoint, weights, size, mean, std, labels, device, trust_code
            ),
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
