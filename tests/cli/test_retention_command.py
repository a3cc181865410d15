"""`campus retention` as a person uses it: what is kept, what a run forgets, and a student nobody knows."""

from tests.cli.running import Run


def test_what_is_kept_is_shown_and_a_run_is_remembered(campus: Run) -> None:
    before = campus("retention", "show")
    assert before.returncode == 0, before.stderr
    assert "passes         180 days   never run" in before.stdout
    dry = campus("retention", "run", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "stills" in dry.stdout
    assert "never run" in campus("retention", "show").stdout  # it was dry
    assert campus("retention", "run").returncode == 0
    assert "0 forgotten at" in campus("retention", "show").stdout
    unknown = campus("retention", "erase", "nobody", "--reason", "asked", "--by", "office")
    assert unknown.returncode != 0
    assert "no student 'nobody' who left" in unknown.stderr
