"""`replay`: the log as it lies on its topics, for people and programs."""
