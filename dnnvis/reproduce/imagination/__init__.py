"""Wichers et al. 2022: tables 1, 2 and 3, and the order of learning."""
