"""Obligation to answer. Only the modules named in the import contracts see Z3."""
