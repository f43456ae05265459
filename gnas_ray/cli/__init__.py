"""The command line: parse, call one function, print.

Question: what did the user type? Every command is a short function that calls one function of a room below and
prints what it gives; a room is imported inside the command that needs it, so that `gnas-ray --help` loads neither
torch nor Ray.

May import: everything.

To add a command: a function with a help text that teaches with an example, in the module of its group, and its line
in `app.py`.
"""


def main() -> None:
    """Run the command in `sys.argv`; exits with 0 (done), 1 (failed) or 2 (wrong usage).

    What a terminal's encoding does not have is printed as a question mark.
    """
    import io
    import sys

    from gnas_ray.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
