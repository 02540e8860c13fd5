"""Attribution: which pixels a unit's value comes from, and tests of such pictures."""
