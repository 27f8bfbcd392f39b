"""What the certificates show on portal pages."""

from django.db.models import Count, Q
from django.http import HttpRequest

from certificates.forms import CodeForm
from certificates.models import Certificate, CertificateStatus

_LATEST = 3


def check(_request: HttpRequest) -> dict[str, object]:
    """The check form, for everybody."""
    return {"code_form": CodeForm(auto_id="home_%s")}


def mine(request: HttpRequest) -> dict[str, object]:
    """The person's latest certificates."""
    own = list(Certificate.objects.filter(person=request.user.pk)[: _LATEST + 1])
    return {"certificates": own[:_LATEST], "has_more": len(own) > _LATEST}


def staff(_request: HttpRequest) -> dict[str, object]:
    """How many certificates there are, by state."""
    counts = Certificate.objects.aggregate(
        **{status.value: Count("pk", filter=Q(status=status)) for status in CertificateStatus}
    )
    return {"counts": counts}
