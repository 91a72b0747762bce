"""`python -m littlegiant` is the command `littlegiant`."""

from littlegiant.cli import main

main()
