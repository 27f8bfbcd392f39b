"""Forms sealed into one envelope: stored, named, opened with one code, and telling nothing before."""

import gzip

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files.storage import storages

from exams.bank.models import Figure, ItemVersion
from exams.papers import sealing, services
from exams.papers.assembly import DrawRule
from exams.papers.models import Envelope, SealedPaper
from tests.exams.bank.factories import fill_bank, make_bank, make_figure, png

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_memory():
    services.bundle.cache_clear()


@pytest.fixture
def make_forms():
    bank = make_bank()
    fill_bank(bank)
    rules = [DrawRule(topic.pk, "", 4) for topic in bank.topics.all()]
    return lambda count: [services.make_form(title="ชุด", bank=bank, rules=rules) for _ in range(count)]


@pytest.fixture
def envelope(make_forms):
    return services.seal_forms("รอบเช้า", make_forms(3))


def test_one_code_opens_every_paper_of_the_round(envelope):
    code = services.paper_key(envelope)
    sealed = list(envelope.papers.select_related("form"))
    assert [paper.index for paper in sealed] == [0, 1, 2]
    for paper in sealed:
        data = services.bundle(paper.sha256)
        assert (len(data), sealing.name_of(data)) == (paper.size, paper.sha256)
        opened = services.open_bundle(data, code, paper.form.sha256)
        assert [item.stem for item in opened.items] == [item["stem"] for item in paper.form.paper["items"]]


def test_figures_travel_inside_the_bundle(make_forms):
    figure = make_figure()
    ItemVersion.objects.all().update(figure=figure, figure_alt="กราฟแท่ง")
    envelope = services.seal_forms("รอบ", make_forms(1))
    sealed = envelope.papers.select_related("form").get()
    shown = {"sha256": figure.pk, "alt": "กราฟแท่ง", "width": 1, "height": 1}
    assert [item["figure"] for item in sealed.form.paper["items"]] == [shown] * 8
    secret = sealing.parse_key(services.paper_key(envelope))
    contents = sealing.open_sealed(services.bundle(sealed.sha256), secret, sealed.form.sha256)
    assert contents.figures == {figure.pk: figure.data_url}
    services.rebuild(sealed.form)


def test_a_figure_that_changed_behind_its_name_is_not_sealed(make_forms):
    figure = make_figure()
    ItemVersion.objects.all().update(figure=figure, figure_alt="กราฟแท่ง")
    [form] = make_forms(1)
    Figure.objects.update(data=png(2, 2))
    with pytest.raises(services.FormAltered):
        services.seal_forms("รอบ", [form])


def test_other_words_for_a_figure_are_found_out(make_forms):
    ItemVersion.objects.all().update(figure=make_figure(), figure_alt="กราฟแท่ง")
    [form] = make_forms(1)
    ItemVersion.objects.all().update(figure_alt="กราฟเส้น")
    with pytest.raises(services.FormAltered):
        services.rebuild(form)


def test_the_code_of_another_round_opens_nothing(envelope, make_forms):
    other = services.seal_forms("รอบบ่าย", make_forms(1))
    paper = envelope.papers.first()
    with pytest.raises(sealing.WrongPaperKey):
        services.open_bundle(services.bundle(paper.sha256), services.paper_key(other), paper.form.sha256)


def test_a_mistyped_code_is_refused_before_anything_is_tried(envelope):
    paper = envelope.papers.first()
    with pytest.raises(sealing.MistypedPaperKey):
        services.open_bundle(services.bundle(paper.sha256), "ABC", paper.form.sha256)


def test_neither_file_nor_database_shows_the_code(envelope):
    secret = sealing.parse_key(services.paper_key(envelope)).encode()
    assert secret not in bytes(Envelope.objects.get().sealed_secret)
    for paper in envelope.papers.all():
        data = services.bundle(paper.sha256)
        assert secret not in data
        assert "คำถาม".encode() not in data


def test_an_opened_bundle_tells_no_key_no_explanation_no_topic_and_no_difficulty(envelope):
    secret = sealing.parse_key(services.paper_key(envelope))
    for paper in envelope.papers.select_related("form"):
        form = paper.form.sha256
        key, nonce = sealing._key_and_nonce(secret, form)
        data = services.bundle(paper.sha256)
        plain = gzip.decompress(AESGCM(key).decrypt(nonce, data[18:], sealing.MAGIC + form.encode())).decode()
        assert "คำถามที่" in plain
        told = ("มาตรา 11", "หัวข้อที่", "easy", "medium", "hard", '"key"', "explanation", "version", secret)
        assert [text for text in told if text in plain] == []


def test_a_damaged_file_is_never_given_out(envelope):
    paper = envelope.papers.first()
    path = storages["papers"].path(paper.sha256)
    data = bytearray(services.bundle(paper.sha256))
    data[-1] ^= 1
    services.bundle.cache_clear()
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(data)
    with pytest.raises(sealing.BundleAltered):
        services.bundle(paper.sha256)
    with pytest.raises(sealing.BundleAltered):
        services.check_envelope(envelope)


def test_a_lost_file_is_found_before_the_day(envelope):
    storages["papers"].delete(envelope.papers.first().sha256)
    with pytest.raises(services.NoSuchBundle):
        services.check_envelope(envelope)


def test_a_form_that_changed_after_sealing_is_found_before_the_day(envelope):
    form = envelope.papers.first().form
    form.paper["title"] = "อื่น"
    form.save()
    with pytest.raises(services.FormAltered):
        services.check_envelope(envelope)


@pytest.mark.parametrize("name", ["", "0" * 64, "../secret_key.secret", "A" * 64, "0" * 63 + "/"])
def test_no_other_name_leads_to_a_file(name, db):
    with pytest.raises(services.NoSuchBundle):
        services.bundle(name)


def test_another_servers_key_is_said_to_be_that(envelope, settings):
    settings.SEAT_KEY = "another-key-of-another-server"
    with pytest.raises(services.PaperKeyUnreadable):
        services.paper_key(envelope)


def test_a_form_is_sealed_once(envelope, make_forms):
    [form] = make_forms(1)
    with pytest.raises(services.AlreadySealed):
        services.seal_forms("อีกครั้ง", [form, envelope.papers.first().form])
    assert SealedPaper.objects.count() == 3


def test_an_envelope_has_1_to_24_papers_that_differ(make_forms):
    [form] = make_forms(1)
    for forms in ([], [form, form], make_forms(25)):
        with pytest.raises(services.WrongNumberOfForms):
            services.seal_forms("รอบ", forms)
    assert not Envelope.objects.exists()
    assert services.seal_forms("รอบ", make_forms(24)).papers.count() == 24


def test_a_form_that_is_not_what_its_name_says_is_not_sealed(make_forms):
    [form] = make_forms(1)
    form.sha256 = "0" * 64
    with pytest.raises(services.FormAltered):
        services.seal_forms("รอบ", [form])


def test_a_paper_too_large_for_a_slow_line_is_not_sealed(make_forms, monkeypatch):
    monkeypatch.setattr(services, "MAX_BUNDLE_BYTES", 100)
    with pytest.raises(services.PaperTooLarge):
        services.seal_forms("รอบ", make_forms(1))


def test_bundles_may_be_served_from_elsewhere(settings):
    assert services.bundle_url("ab") == "/seat/papers/ab"
    settings.PAPERS_URL = "https://papers.example.go.th/"
    assert services.bundle_url("ab") == "https://papers.example.go.th/ab"
