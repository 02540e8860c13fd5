"""Run a network over trial pictures when it is opened: layers, layouts, notes."""
