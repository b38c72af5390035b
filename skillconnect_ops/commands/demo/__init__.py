"""`skc demo`: the main job on a sample database, with a real server, here and now."""
