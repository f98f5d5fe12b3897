"""The language server: what an editor asks, answered from trees, references and designs."""
