"""python -m jindu: the command `jindu` where its script is not on the path."""

from jindu.cli import main

if __name__ == "__main__":
    main()
