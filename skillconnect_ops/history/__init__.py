"""Everything a repository holds, walked once: objects, messages, names, and the files beside them.

What is looked for is none of this room's business: a `Search` is handed in, and finds things in
one content at a time. Here is decided what there is to look at, in which disguises, and where what
was found lives.
"""
