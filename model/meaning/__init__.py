"""What a design means: its mapping as formulas, and laid out for given values."""
