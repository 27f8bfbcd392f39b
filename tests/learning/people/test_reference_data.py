"""Reference data loads completely, and again without harm."""

import pytest

from learning.people.models import Agency, AgencyLevel, PositionLevel, Province
from learning.people.reference_data import load_reference_data

pytestmark = pytest.mark.django_db


def test_everything_is_loaded_under_its_parent():
    counts = load_reference_data()
    assert counts["provinces"] == Province.objects.count() == 77
    assert counts["position_levels"] == PositionLevel.objects.count() == 13
    assert Province.objects.get(code="10").name_en == "Bangkok"
    assert PositionLevel.objects.get(code="K3").position_type.name_th == "วิชาการ"
    commission = Agency.objects.get(name_en="Office of the Official Information Commission")
    assert [agency.level for agency in commission.ancestry] == [
        AgencyLevel.DIVISION,
        AgencyLevel.DEPARTMENT,
        AgencyLevel.MINISTRY,
    ]


def test_loading_again_corrects_names_and_keeps_what_others_added():
    load_reference_data()
    Agency.objects.filter(code="0102").update(name_th="ชื่อเก่า")
    parent = Agency.objects.get(code="0102")
    Agency.objects.create(code="X1", name_th="กองใหม่", level=AgencyLevel.DIVISION, parent=parent)
    before = dict(Agency.objects.values_list("code", "pk"))
    load_reference_data()
    assert dict(Agency.objects.values_list("code", "pk")) == before
    assert Agency.objects.get(code="0102").name_th == "สำนักงาน ก.พ."


def test_every_reference_row_has_an_english_name():
    load_reference_data()
    assert not Agency.objects.filter(name_en="").exists()
    assert not Province.objects.filter(name_en="").exists()
