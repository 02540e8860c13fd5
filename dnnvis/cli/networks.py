"""Run ``dnnvis models`` and ``dnnvis layers``: which networks, and what is inside one."""

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


@options.network_options
def layers(
    net_options: options.NetworkOptions,
    net: options.Net,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List the layers of NET: name, kind, shape, parameters, calls, receptive field."""
    with options.report_errors(debug):
        from dnnvis.core.receptive_field import format_field

        options.set_threads(net_options.threads)
        network = net_options.open(net)
        rows = network.layers
        if json_:
            for row in rows:
                print(json.dumps(vars(row)))
            return
        show_table(
            ("layer", "kind", "shape", "parameters", "calls", "field (size, stride, offset)"),
            [
                (
                    f"{row.name} ({row.title})" if row.title else row.name,
                    row.kind,
                    " x ".join(map(str, row.shape)),
                    f"{row.parameters:,}",
                    str(row.calls),
                    format_field(row.field) if row.field else "whole input or unknown",
                )
                for row in rows
            ],
        )
        print(network.info.preprocessing)
        for note in network.notes:
            print(note)
