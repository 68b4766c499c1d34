"""`python -m ops` is what ./rapport runs."""

from ops.cli import main

main(prog_name="rapport")
