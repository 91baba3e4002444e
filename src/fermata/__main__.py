"""Run the command line as `python -m fermata`, for places where the `fermata` script is not on PATH."""

from fermata.cli.main import main

if __name__ == "__main__":
    main()
