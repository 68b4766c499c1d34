"""The folder of one stack: what is kept there, remembered and kept secret."""
