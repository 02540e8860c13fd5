"""Where is the network's whole inner state, and how much is it to be trusted?"""
