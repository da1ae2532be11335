from pathlib import Path

from sitewatch.disk_reserve import LARGEST_BYTES, SHARE, DiskReserve


class Disk:
    """A disk of which the test says how much is free."""

    def __init__(self, total: int, free: int) -> None:
        self.total, self.free = total, free

    def usage(self, _: Path) -> tuple[int, int, int]:
        return self.total, self.total - self.free, self.free


def test_it_is_given_up_on_a_full_disk_and_taken_again_when_there_is_room(tmp_path: Path) -> None:
    disk = Disk(10_000_000, 5_000_000)
    reserve, file = DiskReserve(tmp_path, disk.usage), tmp_path / "reserve"
    size = disk.total // SHARE
    reserve.look()
    assert file.stat().st_size == size
    assert file.stat().st_blocks * 512 >= size, "room, not a hole"
    disk.free = size // 4
    reserve.look()
    assert (file.exists(), reserve.reason) == (True, None)
    disk.free = size // 4 - 1
    reserve.look()
    assert not file.exists()
    assert reserve.reason is not None
    assert reserve.reason.startswith("the disk is full")
    disk.free = 2 * size
    reserve.look()
    assert not file.exists(), "not to and fro"
    disk.free = 2 * size + 1
    reserve.look()
    assert file.stat().st_size == size
    assert reserve.reason is None


def test_a_disk_that_was_full_at_the_start_is_not_filled_further(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path, Disk(1_000_000, 150_000).usage)
    reserve.look()
    assert list(tmp_path.iterdir()) == []
    assert reserve.reason is None


def test_it_never_takes_more_than_its_largest_size(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path, Disk(10**13, 10**12).usage)
    reserve.look()
    assert (tmp_path / "reserve").stat().st_size == LARGEST_BYTES


def test_a_disk_that_cannot_be_asked_is_no_reason_to_fail(tmp_path: Path) -> None:
    def usage(_: Path) -> tuple[int, int, int]:
        raise OSError(5, "Input/output error")

    reserve = DiskReserve(tmp_path, usage)
    reserve.look()
    assert list(tmp_path.iterdir()) == []
