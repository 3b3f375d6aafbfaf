"""What only the whole run can show. Runs last."""


def test_every_declared_answer_was_seen(whole_run, contract):
    assert contract.missing() == []
    assert contract.stale() == []


def test_stops_in_order(stack, logs):
    """Ends the stack: no part needs to be killed, none complains."""
    if stack.existing:
        return
    stack.start_stopped()
    stack.disconnect()
    said = stack.dev("down")
    assert "killed" not in said, said
    assert logs.unexpected() == []


def test_no_secret_in_the_logs(logs, secrets):
    assert logs.containing(secrets) == []
