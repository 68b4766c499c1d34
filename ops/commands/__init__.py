"""The bodies of the commands that run the stack and its processes."""
