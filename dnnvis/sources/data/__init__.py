"""Read data sets of every layout: pictures by number, from any thread."""
