"""The command line of `skc env`."""

from skillconnect_ops.commands.env import example_cli
from skillconnect_ops.terminal.group import Group

ENV = Group("env")
ENV.command("example", examples=example_cli.OF_EXAMPLE)(example_cli.example)
ENV.command("check", examples=example_cli.OF_CHECK)(example_cli.check)
