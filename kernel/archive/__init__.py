"""The log as files: written from the store, checked, put into an empty store, folded into views."""
