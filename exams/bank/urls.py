"""URLs of the app."""

from django.urls import path, register_converter

from exams.bank import views


class FormatConverter:
    """The file formats that lists come in."""

    regex = "xlsx|csv"

    def to_python(self, value: str) -> str:
        """Take the format as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Write the format as it stands."""
        return value


register_converter(FormatConverter, "bank_format")

app_name = "bank"
urlpatterns = [
    path("", views.banks, name="banks"),
    path("<slug:bank>/", views.items, name="items"),
    path("<slug:bank>/counts/", views.counts, name="counts"),
    path("<slug:bank>/items/new/", views.create, name="create"),
    path("<slug:bank>/items/<int:pk>/", views.item, name="item"),
    path("<slug:bank>/items/<int:pk>/edit/", views.edit, name="edit"),
    path("<slug:bank>/items/<int:pk>/versions/<int:number>/preview/", views.preview, name="preview"),
    path("<slug:bank>/items/<int:pk>/versions/<int:number>/<slug:name>/", views.step, name="step"),
    path("<slug:bank>/import/", views.upload, name="upload"),
    path("<slug:bank>/import/<int:pk>/", views.import_items, name="import"),
    path("<slug:bank>/import/template.<bank_format:file_format>", views.template, name="template"),
    path("<slug:bank>/items.<bank_format:file_format>", views.export, name="export"),
]
