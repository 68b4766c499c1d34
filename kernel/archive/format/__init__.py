"""What an archive is on disk: its files, their columns, and the manifest that names them."""
