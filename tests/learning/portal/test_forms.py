"""How forms are drawn: what a screen reader, a keyboard and a person without scripts depend on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext_lazy

from learning.people.models import Agency
from learning.portal.forms import Rows, faults_of, form_page
from learning.portal.styleguide import SpecimenForm


class Asking(forms.Form):
    name = forms.CharField(label="ชื่อ", help_text="ตามบัตร", max_length=5)
    note = forms.CharField(label="หมายเหตุ", required=False)
    way = forms.ChoiceField(label="วิธี", widget=forms.RadioSelect, choices=[("a", "ก"), ("b", "ข")])
    token = forms.CharField(widget=forms.HiddenInput)

    def clean(self):
        if self.cleaned_data.get("note") == "ผิด":
            raise forms.ValidationError("ข้อมูลขัดกัน")


def tag(html: str, name: str) -> str:
    """Return the opening tag of the control with this name."""
    controls: list[str] = re.findall(r"<(?:input|select|textarea)[^>]*>", html)
    return next(found for found in controls if f'name="{name}"' in found)


def test_a_control_is_tied_to_its_label_and_hint():
    html = str(Asking())
    assert '<label class="field-label" for="id_name">ชื่อ' in html
    assert 'id="id_name_helptext">ตามบัตร' in html
    assert 'aria-describedby="id_name_helptext"' in tag(html, "name")


def test_a_text_control_has_the_portals_class_and_keeps_its_own():
    class Own(forms.Form):
        code = forms.CharField(widget=forms.TextInput(attrs={"class": "input-width-4"}))

    assert 'class="form-control input-width-4"' in tag(str(Own()), "code")


def test_each_kind_of_control_has_its_class():
    html = str(SpecimenForm())
    assert 'class="form-select"' in tag(html, "region")
    assert "form-check-input" in tag(html, "delivery")
    assert "form-check-input" in tag(html, "agreed")
    assert 'class="form-control"' in tag(html, "note")
    assert 'class="form-control"' in tag(html, "sheet")


def test_the_parts_of_a_compound_control_have_their_classes():
    class Compound(forms.Form):
        at = forms.SplitDateTimeField(widget=forms.SplitDateTimeWidget)

    html = str(Compound())
    assert 'class="form-control"' in tag(html, "at_0")
    assert 'class="form-control"' in tag(html, "at_1")
    assert "<fieldset" in html


def test_a_wrong_field_says_its_error_beside_the_control_and_to_a_screen_reader():
    html = str(Asking({"way": "a", "token": "t"}))
    assert 'aria-invalid="true"' in tag(html, "name")
    assert 'aria-describedby="id_name_helptext id_name_error"' in tag(html, "name")
    assert re.search(r'id="id_name_error">.*?ข้อผิดพลาด: </span>โปรดกรอกข้อมูลนี้', html, re.DOTALL)


def test_the_summary_comes_first_and_leads_to_each_wrong_field():
    html = str(Asking({"token": "t"}))
    assert html.strip().startswith('<div class="error-summary" role="alert" tabindex="-1">')
    assert '<a href="#id_name">ชื่อ: โปรดกรอกข้อมูลนี้</a>' in html


def test_the_summary_does_not_name_a_field_its_error_names_already():
    class Specific(forms.Form):
        password = forms.CharField(label="รหัสผ่าน", error_messages={"required": "โปรดกรอกรหัสผ่าน"})

    assert '<a href="#id_password">โปรดกรอกรหัสผ่าน</a>' in str(Specific({}))


def test_the_summary_names_a_field_whose_label_is_translated_late():
    class Late(forms.Form):
        name = forms.CharField(label=gettext_lazy("Course code"))

    with translation.override("th"):
        assert '<a href="#id_name">รหัสรายวิชา: โปรดกรอกข้อมูลนี้</a>' in str(Late({}))


def test_the_summary_names_the_row_of_a_formset_and_the_second_form_of_a_page(rf):
    class AskingRows(Rows):
        row_heading = "คนที่ %(number)s"

    data = {"way": "a", "token": "t", "name": "ก"}
    sent = {"p-TOTAL_FORMS": "2", "p-INITIAL_FORMS": "2"}
    sent |= {f"p-{row}-{key}": value for row in range(2) for key, value in data.items()}
    del sent["p-1-name"]
    second = {"q-way": "a", "q-token": "t", "q-name": "เกินห้าตัว"}
    rows = forms.formset_factory(Asking, AskingRows)(sent, prefix="p")
    context: dict[str, Any] = {"form": Asking(data), "rows": rows, "part": Asking(second, prefix="q")}
    faults = faults_of(*context.values())
    assert [(fault.control, fault.text) for fault in faults] == [
        ("id_p-1-name", "คนที่ 2 – ชื่อ: โปรดกรอกข้อมูลนี้"),
        ("id_q-name", "ชื่อ: ต้องไม่เกิน 5 ตัวอักษร (ขณะนี้มี 10)"),
    ]
    page = form_page(rf.get("/"), "portal/forms/error_summary.html", context)
    assert page.status_code == 422
    assert '<a href="#id_p-1-name">คนที่ 2 – ชื่อ: ' in page.text


def test_the_summary_leads_to_the_first_choice_of_a_group():
    html = str(Asking({"name": "ก", "token": "t"}))
    assert '<a href="#id_way_0">' in html
    assert 'id="id_way_0"' in tag(html, "way")


def test_an_error_of_the_whole_form_and_of_a_hidden_field_stands_in_the_summary():
    html = str(Asking({"name": "ก", "way": "a", "note": "ผิด"}))
    assert "<li>ข้อมูลขัดกัน</li>" in html
    assert html.count("โปรดกรอกข้อมูลนี้") == 1


def test_a_form_without_errors_has_no_summary():
    assert "error-summary" not in str(Asking({"name": "ก", "way": "a", "token": "t"}))


def test_a_group_of_choices_is_a_fieldset_with_its_question_as_legend():
    html = str(Asking())
    fieldset = html[html.index("<fieldset") : html.index("</fieldset>")]
    assert '<legend class="field-legend">วิธี' in fieldset
    assert fieldset.count('type="radio"') == 2
    assert '<label class="form-check-label" for="id_way_1">ข</label>' in fieldset


def test_optional_fields_are_marked_where_others_are_required():
    html = str(Asking())
    assert re.search(r'for="id_note">หมายเหตุ\s*<span class="field-optional">\(ไม่บังคับ\)', html)
    assert html.count("field-optional") == 1


def test_nothing_is_marked_in_a_form_of_only_optional_fields():
    class Search(forms.Form):
        q = forms.CharField(required=False)

    assert "field-optional" not in str(Search())


@pytest.mark.django_db
def test_a_list_nothing_is_chosen_from_says_so_instead_of_dashes(ministry):
    class Choosing(forms.Form):
        agency = forms.ModelChoiceField(Agency.objects.all())

    html = str(Choosing())
    assert '<option value="" selected>โปรดเลือก</option>' in html
    assert f'<option value="{ministry.pk}">{ministry.name_th}</option>' in html


def test_what_a_person_typed_is_kept_and_escaped():
    html = str(Asking({"name": '"><script>', "token": "t"}))
    assert "&quot;&gt;&lt;script&gt;" in html
    assert "<script>" not in html


def test_a_library_that_asks_for_paragraphs_gets_field_groups():
    assert Asking().as_p() == str(Asking())


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (forms.CharField(), "", "โปรดกรอกข้อมูลนี้"),
        (forms.CharField(max_length=3), "abcd", "ต้องไม่เกิน 3 ตัวอักษร (ขณะนี้มี 4)"),
        (forms.IntegerField(max_value=500), "900", "ต้องไม่เกิน 500"),
        (forms.IntegerField(), "x", "โปรดกรอกจำนวนเต็ม"),
        (forms.EmailField(), "x@", "โปรดกรอกอีเมลให้ถูกต้อง เช่น somchai@example.go.th"),
        (forms.ChoiceField(choices=[("a", "a")]), "b", "ไม่มี “b” ให้เลือก โปรดเลือกจากรายการที่มีให้"),
        (forms.DecimalField(max_digits=3), "1234", "ต้องมีตัวเลขรวมไม่เกิน 3 หลัก"),
    ],
)
def test_a_persons_mistake_is_answered_in_plain_thai(field, value, text):
    with translation.override("th"), pytest.raises(ValidationError) as error:
        field.clean(value)
    assert error.value.messages == [text]


def test_a_short_password_is_answered_in_plain_thai():
    with translation.override("th"), pytest.raises(ValidationError) as error:
        MinimumLengthValidator(8).validate("short")
    assert error.value.messages == ["รหัสผ่านสั้นเกินไป ต้องมีอย่างน้อย 8 ตัวอักษร"]
