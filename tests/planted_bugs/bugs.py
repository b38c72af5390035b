"""Bugs that a rotation must not have, each as a small change of its code, and who is to notice it.

By hand; when the code moves, the change moves with it (`test_every_bug_can_still_be_planted`).
"""

from pathlib import Path

from msgspec import Struct

_ROTATE = "skillconnect_ops/commands/rotate"
_USER, _PUBLISH = f"{_ROTATE}/user_steps.py", f"{_ROTATE}/publish_steps.py"
_TESTS = "tests/commands/rotate"
_CALM = f"{_TESTS}/test_calm.py"
_DOUBTS, _MAIN = f"{_TESTS}/test_rotate_doubts.py", f"{_TESTS}/test_rotate.py"
_HALF_WAY = f"{_TESTS}/test_sinks.py::test_a_hook_that_refuses_half_way_has_everything_put_back"
_LOCKOUTS, _ENDING = f"{_TESTS}/test_rotate_lockouts.py", f"{_ROTATE}/ending_steps.py"
_FAULTS = "tests/campaigns/test_rotate_faults.py"
_KEEP = '        walk.escrow.put(value_of(step.secret, age="new"), new.reveal().encode())\n'


class Edit(Struct, frozen=True):
    """One change of one file."""

    file: str
    old: str
    new: str


class Bug(Struct, frozen=True, kw_only=True):
    """One bug."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    """Those of which one has to fail."""
    calm: str = f"{_CALM}::test_a_user_is_renewed_and_the_old_one_goes"
    """One that has to pass nevertheless: a run in which nothing goes wrong."""
    loud: str | None = None
    """Why no run can be calm with it."""

    def plant(self, root: Path) -> None:
        """Change the code below a folder.

        Raises:
            ValueError: the code is not as the bug knows it.
        """
        for edit in self.edits:
            path = root / edit.file
            text = path.read_text()
            if text.count(edit.old) != 1:
                raise ValueError(f"{self.name}: {edit.file} holds {text.count(edit.old)} of it")
            path.write_text(text.replace(edit.old, edit.new))


BUGS = (
    Bug(
        name="write order swapped: the env file before the server",
        edits=(
            Edit(
                _USER,
                'ours, from before a crash."""\n        new = kept(walk, step.secret, age="new")\n',
                'ours, from before a crash."""\n'
                '        new = kept(walk, step.secret, age="new")\n'
                "        from skillconnect_ops.disk import shared\n"
                "        from skillconnect_ops.envfile import parse\n\n"
                "        for path in self._target.settings.env_files:\n"
                "            shared.change(\n"
                "                self._house.project().root / path,\n"
                "                lambda data: parse(data or b'')"
                ".with_value(step.env, new.reveal()).bytes(),\n"
                "            )\n",
            ),
        ),
        tests=(f"{_FAULTS}::test_between_any_two_calls_of_a_run_the_env_file_lets_the_app_in",),
    ),
    Bug(
        name="fsync dropped: the env file takes its name before its bytes are on the disk",
        edits=(Edit("skillconnect_ops/disk/shared.py", "            system.fsync(fd)\n", ""),),
        tests=("tests/disk/test_shared.py::test_a_change_is_synced_before_it_takes_the_name",),
    ),
    Bug(
        name="sleep instead of poll: a new user is taken for known after a while",
        edits=(
            Edit(
                _USER,
                "            count = count + 1 if good else 0\n",
                "            walk.clock.sleep(self._pace.look_again_s)\n"
                "            good, count = True, wanted\n",
            ),
        ),
        tests=(f"{_DOUBTS}::test_a_node_that_does_not_know_the_new_user_yet_is_waited_for",),
    ),
    Bug(
        name="quote_plus for quote: a space becomes a plus that the app's driver keeps",
        edits=(
            Edit(
                "skillconnect_ops/adapters/mongo/uri.py",
                '    return quote(text, safe="")\n',
                "    from urllib.parse import quote_plus\n\n    return quote_plus(text)\n",
            ),
        ),
        tests=("tests/adapters/mongo/test_uri_login.py",),
    ),
    Bug(
        name="lock removed: two runs at once",
        edits=(
            Edit(
                f"{_ROTATE}/claims.py",
                '        *(Resource("secret", f"{target.name}/{name}") for name in names),\n',
                "",
            ),
            Edit(
                f"{_ROTATE}/claims.py",
                '        *(Resource("env", str((root / file).resolve())) for file in files),\n',
                "",
            ),
        ),
        tests=(f"{_DOUBTS}::test_while_one_run_is_under_way_another_one_is_refused",),
    ),
    Bug(
        name="drop before drain: whoever is connected is cut off",
        edits=(
            Edit(
                f"{_ROTATE}/plan.py",
                "        steps=tuple(steps),\n        final=tuple(final),\n",
                "        steps=tuple(one for one in steps if not isinstance(one, UserDrain)),\n"
                "        final=(\n"
                "            *final[:2],\n"
                "            *(one for one in steps if isinstance(one, UserDrain)),\n"
                "            *final[2:],\n"
                "        ),\n",
            ),
        ),
        tests=(f"{_MAIN}::test_an_old_user_that_is_in_use_is_not_cut_off",),
    ),
    Bug(
        name="leaked key kept as fallback: whoever has it makes tokens",
        edits=(
            Edit(
                f"{_ROTATE}/ring.py",
                "        return replace(self, signing=new, fallbacks=())\n",
                "        return replace(self, signing=new)\n",
            ),
        ),
        tests=(f"{_TESTS}/test_ring.py::test_after_a_leak_no_other_key_verifies",),
        calm=f"{_CALM}::test_a_key_is_replaced_at_once",
    ),
    Bug(
        name="escrow written after the server: a crash in between loses the password",
        edits=(
            Edit(
                _USER,
                "        keep_both(walk, step.secret, old=old, new=new)\n",
                '        walk.escrow.put(value_of(step.secret, age="old"), old.reveal().encode())\n'
                "        type(self).made = new\n",
            ),
            Edit(
                _USER,
                '        new = kept(walk, step.secret, age="new")\n'
                "        with self._house.accounts(self._target) as accounts:\n",
                '        new = getattr(self, "made", None) or kept(walk, step.secret, age="new")\n'
                "        with self._house.accounts(self._target) as accounts:\n",
            ),
            Edit(
                _USER,
                '        return {\n            "user": step.user,\n            "roles": sorted(',
                f"{_KEEP}        return {{\n"
                '            "user": step.user,\n'
                '            "roles": sorted(',
            ),
        ),
        tests=(f"{_FAULTS}::test_a_death_right_at_the_call_that_changes_the_world",),
    ),
    Bug(
        name="undo inverts apply: what somebody else wrote into the variable is overwritten",
        edits=(
            Edit(
                _PUBLISH,
                "            lambda now: put_back(now, path=path, name=step.env, value=value, "
                "old=old, wrote=wrote),\n",
                "            lambda now: parse(now or wrote)\n"
                '            .with_value(step.env, parse(old).get(step.env) or "")\n'
                "            .bytes(),\n",
            ),
        ),
        tests=(f"{_DOUBTS}::test_the_way_back_spares_what_somebody_wrote_into_the_variable",),
    ),
    Bug(
        name="env CAS dropped: a value edited by hand meanwhile is overwritten",
        edits=(
            Edit(
                _PUBLISH,
                "        if parse(data).get(step.env) not in known:\n",
                "        if False:\n",
            ),
        ),
        tests=(f"{_DOUBTS}::test_a_value_edited_by_hand_meanwhile_is_nobody_s_to_overwrite",),
    ),
    Bug(
        name="verify by variable instead of login",
        edits=(
            Edit(
                _USER,
                "        nodes = self._accepted_everywhere(new, walk)\n",
                "        nodes = [self._logins.address(new).where]\n",
            ),
        ),
        tests=(
            f"{_DOUBTS}::test_a_node_that_never_knows_the_new_user_ends_it_with_nothing_changed",
        ),
    ),
    Bug(
        name="login on one node only",
        edits=(
            Edit(
                _USER,
                "            logins = self._logins.try_everywhere(uri)\n"
                "            good = bool(logins)",
                "            logins = self._logins.try_everywhere(uri)[:1]\n"
                "            good = bool(logins)",
            ),
        ),
        tests=(
            f"{_DOUBTS}::test_a_node_that_never_knows_the_new_user_ends_it_with_nothing_changed",
        ),
    ),
    Bug(
        name="roles parity skipped: the successor may do less",
        edits=(
            Edit(
                _USER,
                'Proof(claim="user.same_rights", subject=subject, holds=same)',
                'Proof(claim="user.same_rights", subject=subject, holds=same or True)',
            ),
        ),
        tests=(f"{_DOUBTS}::test_a_successor_with_other_rights_is_put_back",),
    ),
    Bug(
        name="retired ledger forgotten: the old value may come back",
        edits=(
            Edit(
                _PUBLISH,
                '        ledger.add(retirement, command="rotate finish", journal=walk.id)\n',
                "",
            ),
            Edit(
                _PUBLISH,
                "        return [evidence_of(retirement, ledger.find(retirement))]\n",
                "        return []\n",
            ),
        ),
        tests=(f"{_MAIN}::test_what_was_retired_is_known_again",),
    ),
    Bug(
        name="old user dropped without proof of refusal",
        edits=(
            Edit(
                _USER,
                "        holds = bool(logins) and len(refused) == len(logins)\n",
                "        holds = True\n",
            ),
        ),
        tests=(f"{_DOUBTS}::test_an_old_credential_that_some_node_still_takes_is_not_called_dead",),
    ),
    Bug(
        name="escrow not deleted at the end",
        edits=(
            Edit(
                "skillconnect_ops/journal/closing.py",
                "        if _ends_chain(log):\n            self.escrow(log).remove()\n",
                "        if _ends_chain(log) and not log.history.sealed:\n"
                "            self.escrow(log).remove()\n",
            ),
        ),
        tests=(f"{_MAIN}::test_a_user_gets_a_successor_and_both_work_until_the_end",),
    ),
    Bug(
        name="the journal holds the value",
        edits=(
            Edit(
                _USER,
                '            "user": step.user,\n            "roles": sorted(',
                '            "user": step.user,\n            "uri": new.reveal(),\n'
                '            "roles": sorted(',
            ),
        ),
        tests=(f"{_MAIN}::test_no_byte_of_a_secret_is_left_behind",),
    ),
    Bug(
        name="password in the argv of the reload",
        edits=(
            Edit(
                f"{_ROTATE}/reloading.py",
                "                *argv, folder=self._root, patience_s=RELOAD_S, "
                "hidden=self._hidden(walk)\n",
                "                *argv, *[one.reveal() for one in self._hidden(walk)],\n"
                "                folder=self._root, patience_s=RELOAD_S\n",
            ),
        ),
        tests=(f"{_DOUBTS}::test_the_reload_is_given_no_secret",),
    ),
    Bug(
        name="finish while a consumer is on the old user",
        edits=(
            Edit(
                f"{_ROTATE}/draining.py",
                "            if isinstance(seen, Known) and not seen.value:\n",
                "            if isinstance(seen, Known):\n",
            ),
        ),
        tests=(f"{_MAIN}::test_an_old_user_that_is_in_use_is_not_cut_off",),
    ),
    Bug(
        name="the second machine's lock ignored: its user is taken for ours",
        edits=(
            Edit(
                _USER,
                "                if not self._takes(new, walk):\n",
                "                if False:\n",
            ),
        ),
        tests=(f"{_DOUBTS}::test_a_user_that_another_machine_made_meanwhile_is_left_alone",),
    ),
    Bug(
        name="undo drops a user that another machine made",
        edits=(
            Edit(
                _USER,
                "        if not self._takes(Secret(value.decode()), walk):\n",
                "        if False:\n",
            ),
        ),
        tests=(f"{_DOUBTS}::test_a_user_that_another_machine_made_meanwhile_is_left_alone",),
    ),
    Bug(
        name="effect before intent: a crash in between is forgotten",
        edits=(
            Edit(
                "skillconnect_ops/journal/engine.py",
                "        if self.history.progress(step.key) is not Progress.OPEN:\n"
                "            self._log.append(Intent(key=step.key, image=image))\n",
                "",
            ),
            Edit(
                "skillconnect_ops/journal/engine.py",
                "        _must_hold(step, proofs)\n        seconds",
                "        if self.history.progress(step.key) is not Progress.OPEN:\n"
                "            self._log.append(Intent(key=step.key, image=image))\n"
                "        _must_hold(step, proofs)\n        seconds",
            ),
        ),
        tests=(f"{_FAULTS}::test_a_death_right_at_the_call_that_changes_the_world",),
    ),
    Bug(
        name="half a ring: what others verify is not written with what signs",
        edits=(
            Edit(
                f"{_ROTATE}/ring_steps.py",
                "    for name, value in both.changed.items():\n        found = found.renewed(",
                "    for name, value in list(both.changed.items())[:1]:\n"
                "        found = found.renewed(",
            ),
            Edit(
                f"{_ROTATE}/ring_steps.py",
                "            self._root / step.path, written, "
                "check=lambda data: _holds(parse(data), both.new)\n",
                "            self._root / step.path, written\n",
            ),
            Edit(
                f"{_ROTATE}/ring_steps.py",
                "            for name, value in both.changed.items()\n        )\n        subject",
                "            for name, value in list(both.changed.items())[:1]\n"
                "        )\n        subject",
            ),
        ),
        tests=(
            f"{_TESTS}/test_rotate_ring.py::test_a_key_is_staged_then_signs_then_the_old_one_goes",
        ),
        calm=f"{_CALM}::test_a_key_is_replaced_at_once",
    ),
    Bug(
        name="a hook that has failed is not given the old value back",
        edits=(
            Edit(
                f"{_ROTATE}/sink_steps.py",
                "        if refused is not None and again is None:\n",
                "        if refused is not None or again is None:\n",
            ),
        ),
        tests=(_HALF_WAY,),
        calm=f"{_CALM}::test_a_value_goes_to_a_hook_and_a_health_answer_tells_it",
    ),
    Bug(
        name="what a hook complains in is shown as it is",
        edits=(
            Edit(
                "skillconnect_ops/adapters/processes.py",
                'redacted(complaints.read().decode("utf-8", errors="replace"), hidden)\n',
                'redacted(complaints.read().decode("utf-8", errors="replace"), ())\n',
            ),
        ),
        tests=(_HALF_WAY,),
        calm=f"{_CALM}::test_a_value_goes_to_a_hook_and_a_health_answer_tells_it",
    ),
    Bug(
        name="a health answer that says nothing counts as loaded",
        edits=(
            Edit(
                f"{_ROTATE}/loaded.py",
                '        return Missing(f"its health answer says nothing of {env}")\n',
                "        return Known(value=True)\n",
            ),
        ),
        tests=(
            f"{_TESTS}/test_rotate_health.py::test_one_that_never_said_anything_is_not_observable",
        ),
        calm=f"{_CALM}::test_a_value_goes_to_a_hook_and_a_health_answer_tells_it",
    ),
    Bug(
        name="an end that does not look at what the app reads: a file gone back is locked out",
        edits=(
            Edit(
                f"{_ROTATE}/values.py",
                "            raise OldIsBack(env, where=path, fix=fix)\n",
                "            continue\n",
            ),
            Edit(
                _ENDING,
                "            is_old = found is not None and of_one_credential(found, old)\n",
                "            is_old = False\n",
            ),
        ),
        tests=(
            f"{_LOCKOUTS}::test_an_env_file_that_has_gone_back_ends_the_end_and_the_way_on_is_named",
        ),
    ),
    Bug(
        name="an end that does not log in with the new credential: a dropped user is the last one",
        edits=(
            Edit(
                _ENDING,
                "        if not self._takes(new, walk):\n",
                "        if True:\n            return\n        if not self._takes(new, walk):\n",
            ),
        ),
        tests=(
            f"{_LOCKOUTS}::test_a_new_user_that_somebody_dropped_ends_the_end_and_can_be_made_again",
        ),
    ),
    Bug(
        name="rights are not compared before the end: what the old user was granted since is lost",
        edits=(
            Edit(
                _ENDING,
                "        if was is not None and was.named(step.user) != now:\n",
                "        if was is None:\n",
            ),
        ),
        tests=(f"{_LOCKOUTS}::test_roles_that_the_old_user_was_given_since_are_not_lost",),
    ),
    Bug(
        name="the look before the end is not made again once the old user has drained",
        edits=(
            Edit(
                f"{_ROTATE}/plan.py",
                '        steps += [seen(one, begun_steps, verb="see-again") for one in made]\n',
                "        steps += []\n",
            ),
        ),
        tests=(
            f"{_LOCKOUTS}::test_what_changes_while_the_old_user_drains_is_seen_before_it_is_disarmed",
        ),
    ),
    Bug(
        name="past the turn the last old user goes unlooked",
        edits=(
            Edit(
                f"{_ROTATE}/plan.py",
                "        final += [held(one, begun_steps), *_dropped(one, cut_off=leaked)]\n",
                "        final += _dropped(one, cut_off=leaked)\n",
            ),
        ),
        tests=(
            f"{_LOCKOUTS}::test_a_new_user_that_goes_past_the_turn_keeps_the_old_one",
            f"{_LOCKOUTS}::test_a_file_that_goes_back_past_the_turn_is_given_the_new_value_again",
        ),
    ),
    Bug(
        name="an end takes the journal's word: a plan is not stale when file and user are others",
        edits=(
            Edit(
                f"{_ROTATE}/plan.py",
                '    identity += "\\0".join(stands.identity) if stands is not None else ""\n',
                "",
            ),
        ),
        tests=(
            f"{_LOCKOUTS}::test_a_plan_to_finish_is_stale_once_the_file_or_the_new_user_is_another",
        ),
    ),
    Bug(
        name="files are not read after the reload: in place a rendered file holds a dead password",
        edits=(
            Edit(
                f"{_ROTATE}/plan.py",
                "    steps += [seen(one, steps, begins=True) for one in new]\n",
                "",
            ),
            Edit(
                f"{_ROTATE}/plan.py",
                "        + tuple(held(one, steps) for one in new if isinstance(one, "
                "PasswordChange))\n",
                "",
            ),
        ),
        tests=(
            f"{_LOCKOUTS}::test_in_place_a_reload_that_renders_the_old_file_is_put_back",
            f"{_LOCKOUTS}::test_a_reload_that_renders_the_old_file_is_told_at_once",
        ),
    ),
    Bug(
        name="a resume takes the journal's word: a password is published that opens nothing",
        edits=(
            Edit(
                "skillconnect_ops/journal/engine.py",
                "        if not isinstance(handler, Lasting):\n",
                "        if isinstance(handler, Lasting) or True:\n",
            ),
        ),
        tests=(f"{_LOCKOUTS}::test_a_resume_makes_again_what_somebody_has_dropped_since",),
    ),
    Bug(
        name="a run of one's own is taken for another machine's, and its user said to be dropped",
        edits=(
            Edit(
                f"{_ROTATE}/pending.py",
                "        dead = _dead(house, resources) if looks_only else None\n",
                "        dead = None\n",
            ),
        ),
        tests=(
            f"{_LOCKOUTS}::test_a_dry_run_names_a_run_of_one_s_own_before_it_calls_a_name_taken",
        ),
    ),
    Bug(
        name="env CAS not within the write: an edit since a crash, or right before, is overwritten",
        edits=(
            Edit(
                _PUBLISH,
                '            self._must_hold(data or b"", step, walk)\n',
                "",
            ),
        ),
        tests=(
            f"{_LOCKOUTS}::test_a_hand_edit_since_a_death_survives_the_resume",
            f"{_LOCKOUTS}::test_an_edit_right_before_the_write_survives_it",
        ),
    ),
    Bug(
        name="the way back drops a user that an env file names",
        edits=(
            Edit(
                f"{_ROTATE}/values.py",
                "            raise StillPublished(env, where=path)\n",
                "            continue\n",
            ),
        ),
        tests=(f"{_LOCKOUTS}::test_on_the_way_back_no_user_is_dropped_that_an_env_file_names",),
    ),
    Bug(
        name="an opaque value is retired while an env file holds it",
        edits=(
            Edit(
                f"{_ROTATE}/plan.py",
                "    steps += [seen(one, begun_steps) for one in made if not isinstance(one, "
                "ValueTake)]\n",
                "",
            ),
            Edit(
                f"{_ROTATE}/plan.py",
                "        final += [held(one, begun_steps), *_dropped(one, cut_off=leaked)]\n",
                "        final += _dropped(one, cut_off=leaked)\n",
            ),
        ),
        tests=(f"{_LOCKOUTS}::test_an_opaque_value_that_has_gone_back_is_not_recorded_as_retired",),
    ),
)
