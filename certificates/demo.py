"""Who signs in the demonstration. Never loaded in production."""

from datetime import date

from certificates import services
from certificates.models import Signatory


def load() -> None:
    """Enter one made-up signatory, early enough for every certificate of the demonstration."""
    if not Signatory.objects.exists():
        services.add_signatory(
            name="นายตัวอย่าง ลงนามแทน",
            position="เลขาธิการ ก.พ. (ข้อมูลตัวอย่าง)",
            position_en="Secretary-General (sample data)",
            effective_from=date(2020, 10, 1),
            by=None,
        )
