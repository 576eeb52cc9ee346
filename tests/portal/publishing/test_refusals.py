"""Files that nobody can publish: each is refused with a reason of a closed list, and none takes the machine along."""

import tracemalloc
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Name

from portal.publishing.findings import REASONS, Reason, Unpublishable
from portal.publishing.rebuild import page_count, rebuild
from tests.hiding import bomb, page_of, plain, sheet, written


def encrypted(user: str, owner: str = "owner") -> bytes:
    out = BytesIO()
    sheet().save(out, encryption=pikepdf.Encryption(user=user, owner=owner))
    return out.getvalue()


def long(pages: int) -> bytes:
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page()
    return written(pdf)


def wide() -> bytes:
    pdf = sheet()
    page_of(pdf).MediaBox = [0, 0, 20_000, 100]
    return written(pdf)


def huge_picture() -> bytes:
    pdf = sheet(b"q 9 0 0 9 0 0 cm /I Do Q")
    page_of(pdf).Resources.XObject.I = pdf.make_stream(
        b"\0", Type=Name.XObject, Subtype=Name.Image, Width=60_000, Height=60_000, ColorSpace=Name.DeviceGray
    )
    return written(pdf)


FILES = {
    "nothing": (b"", Reason.NOT_PDF),
    "text": (b"Country report", Reason.NOT_PDF),
    "another kind": (b"PK\x03\x04" + bytes(100), Reason.NOT_PDF),
    "a head alone": (b"%PDF-1.7\n", Reason.DAMAGED),
    "a half": (plain()[:200], Reason.DAMAGED),
    "noise": (b"%PDF-1.7\n" + bytes(range(256)) * 20, Reason.DAMAGED),
    "no pages": (written(pikepdf.new()), Reason.DAMAGED),
    "a password": (encrypted("secret"), Reason.ENCRYPTED),
    "many pages": (long(2_001), Reason.TOO_MANY_PAGES),
    "a wide page": (wide(), Reason.TOO_LARGE),
    "a huge picture": (huge_picture(), Reason.TOO_LARGE),
}


@pytest.mark.parametrize(("file", "reason"), FILES.values(), ids=FILES)
def test_file_that_can_not_be_published_is_refused_with_its_reason(file: bytes, reason: Reason) -> None:
    for use in (page_count, lambda given: rebuild(given, (1,), "", "en")):
        with pytest.raises(Unpublishable) as refused:
            use(file)
        assert refused.value.reason == reason
        assert refused.value.sentence == REASONS[reason]


def test_bomb_is_refused_before_it_fills_the_memory() -> None:
    file = bomb(300)
    tracemalloc.start()
    with pytest.raises(Unpublishable) as refused:
        page_count(file)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.reason == Reason.TOO_LARGE
    assert most < 290 << 20


def test_file_that_opens_without_a_password_is_published() -> None:
    assert rebuild(encrypted(""), (1,), "", "en").pages[0].words


def test_damaged_table_of_objects_is_mended_and_published() -> None:
    file = plain().replace(b"startxref", b"startxxxx")
    assert rebuild(file, (1,), "", "en").pages[0].words


def test_every_reason_has_a_sentence() -> None:
    assert set(REASONS) == set(Reason)
