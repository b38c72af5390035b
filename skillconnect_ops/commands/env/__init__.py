"""`skc env`: the env files of a project, looked at and edited without harm."""
