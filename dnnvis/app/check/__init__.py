"""The check of the network: its input, answers, units, and the usual normalizations."""
