"""Text to design: grammar, tree, names, sorts; and back, formatted."""
