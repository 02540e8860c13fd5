"""Interactive visualisation of running neural networks."""
