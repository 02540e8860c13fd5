"""The steps of a recurrent network and what it imagines at each."""
