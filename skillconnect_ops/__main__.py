"""`python -m skillconnect_ops`, and the `skc` script."""

import sys


def main() -> None:
    """Run the command line of this process and end with its exit code."""
    try:
        from skillconnect_ops.app import main as run  # noqa: PLC0415 - Ctrl-C may come so early

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
