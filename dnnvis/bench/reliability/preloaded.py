"""What every killed job needs, imported once by the process that all of them are copies of."""

import torch  # noqa: F401

import dnnvis.cli.main
import dnnvis.introspect.fit
import dnnvis.lenses.ascent.render
import dnnvis.library.pages.unit
import dnnvis.library.scan.scan
import dnnvis.reproduce.imagination.report
import dnnvis.reproduce.imagination.runner
import dnnvis.training.life_export
import dnnvis.zoo.catalog  # noqa: F401
