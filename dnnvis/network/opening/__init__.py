"""Take what people bring: programs, weights, inputs and errors of code that is not ours."""
