"""The reference API: a small service, hardened in every way that the action plan asks for.

A program of its own (`python -m skillconnect_ops.reference_api`), always a child process. Its
environment, signals and HTTP are the only contact with it; of the package it knows `core.secret`
alone. Asynchronous code lives here and nowhere else.
"""
