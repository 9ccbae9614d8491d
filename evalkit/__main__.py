"""`python -m evalkit`."""

from evalkit.cli.main import run

if __name__ == "__main__":
    run()
