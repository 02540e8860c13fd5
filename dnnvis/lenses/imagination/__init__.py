"""Which states does a recurrent network imagine on its way to the answer?"""
