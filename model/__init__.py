"""What a design means: designs, their kernels, and the machine that runs them."""
