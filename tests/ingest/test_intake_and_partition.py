"""The intake's batches and the partition of the schools."""

import pytest

from campus.errors import SettingsError
from campus.mqtt.client import Message
from ingest.intake import Intake
from ingest.partition import Partition


def message(number: int) -> Message:
    return Message(f"campus/s/d{number}/event", b"", 1, False, number, 1)


def test_a_full_batch_does_not_wait() -> None:
    intake = Intake()
    for number in range(5):
        intake.put(message(number))
    assert [one.mid for one in intake.take(3, wait_s=60)] == [0, 1, 2]
    assert len(intake) == 2


def test_a_batch_that_does_not_fill_leaves_after_its_time() -> None:
    intake = Intake()
    intake.put(message(1))
    assert [one.mid for one in intake.take(100, wait_s=0.02)] == [1]
    assert intake.take(100, wait_s=0.01) == []


def test_every_school_belongs_to_exactly_one_part() -> None:
    parts = [Partition(index, 8) for index in range(1, 9)]
    schools = [f"school-{number}" for number in range(2000)]
    owners = [[part.index for part in parts if part.owns(school)] for school in schools]
    assert {len(owner) for owner in owners} == {1}
    sizes = [sum(owner == [index] for owner in owners) for index in range(1, 9)]
    assert min(sizes) > 180  # 250 would be even


def test_one_more_process_moves_only_the_schools_it_takes() -> None:
    schools = [f"school-{number}" for number in range(500)]
    for school in schools:
        before = next(index for index in range(1, 5) if Partition(index, 4).owns(school))
        after = next(index for index in range(1, 6) if Partition(index, 5).owns(school))
        assert after in {before, 5}


def test_the_only_part_subscribes_to_everything_and_another_to_its_own() -> None:
    assert Partition.parse("1/1").subscriptions([])[0] == "campus/+/+/telemetry"
    parts = [Partition(1, 2), Partition(2, 2)]
    own = [{filter_.split("/")[1] for filter_ in part.subscriptions(["a", "b", "c", "d"])} for part in parts]
    assert own[0] | own[1] == {"a", "b", "c", "d"}
    assert not own[0] & own[1]


@pytest.mark.parametrize("text", ["3", "0/2", "3/2", "a/b", "1/2/3"])
def test_a_part_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"ingest\.partition"):
        Partition.parse(text)
