"""Measure for ``dnnvis bench zoo`` whether real networks of many forms run, and are read right."""
