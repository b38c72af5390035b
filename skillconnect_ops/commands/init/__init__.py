"""`skc init`: look at a project, and write the `skc.yaml` that describes it."""
