"""What a step is: data that every engine reads, and what can be done with it without a solver."""
