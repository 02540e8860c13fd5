"""Pardo et al. 2019: figures 2 to 7, and the table of what was asked of the activation map."""
