"""What ends a start: said in one line, never as a traceback."""


class StackError(Exception):
    """The stack can't start, or can't go on. The message is one line for the person at the terminal, with the remedy."""
