"""Small changes to a design, and which property notices each of them."""
