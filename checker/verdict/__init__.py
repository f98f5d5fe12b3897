"""What is known in the end, and why: verdicts, findings, blame."""
