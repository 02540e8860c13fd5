"""Measure the window itself: what it shows, and what it spends its room on."""
