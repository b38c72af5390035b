"""Floor 3: the two ledgers: what runs observed, and which secrets are retired.

Both are signed, in files that git can merge. Of retired secrets `retired.py` tells; this is of the
evidence, which `ledger.py` keeps.

`.skc/evidence/<writer>.jsonl` in the repository is a *chain*: one record a line, each signed with
Ed25519 and holding the hash of the line before it. `.skc/allowed_signers` says whose keys count.

**What is noticed.** A changed byte, a line removed from or moved within a chain, a line taken from
another chain, a chain that two clones sharing one key have both gone on writing, and markers that a
merge left behind. Each is an error that names the file and the record.

**What a chain cannot prove.**

- That its end is there: whoever can write the file can cut off the last lines, or remove the file.
  The last commit shows that, and the memory of a machine that saw them (`Ledger.account`); a clone
  that has neither does not.
- When a thing happened: `at` is the clock of the signer's machine. A clock that was moved back is
  no fault; the order of a chain is that of its lines, and `read` never turns it round.
- That the signer told the truth. A record says what a run with that key observed, no more.
- Who may sign: `.skc/allowed_signers` is a file like others. A line in it counts because the people
  who review changes to the repository let it in. `record` never adds one; `enroll` does.

**Why more than one chain for a key.** A branch, a worktree and a reset each give the same machine
another end of the same file. Were all of them written on, git could not merge them. So the private
state remembers the end of each chain; a chain whose remembered end is not in the working tree is
left alone, and a new one begins.

**A record without a listed signer is a claim**: it reads well, `signer` is None, and no status
counts it as proven. So is one written for another project.
"""
