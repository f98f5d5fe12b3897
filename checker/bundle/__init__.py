"""Evidence to keep: a design with all that is known of it, and how that is checked again."""
