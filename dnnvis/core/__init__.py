"""Define what it is: the nouns that every other room uses."""
