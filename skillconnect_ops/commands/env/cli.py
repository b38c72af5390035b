"""The command line of `skc env`."""

from skillconnect_ops.terminal.group import Group

ENV = Group("env")

from skillconnect_ops.commands.env import example_cli  # noqa: E402, F401 - it adds its commands
