"""What an operator runs: the local stack and the tools around it."""
