"""`log`: the whole log as files, and back."""
