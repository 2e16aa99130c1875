"""What the admin calls our tables, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, tuple[Any, Any]] = {
    "Stations": (_("station"), _("stations")),
    "StationsReferenceFlow": (_("reference flow"), _("reference flows")),
    "StationsReferenceFlowPeriod": (_("reference period"), _("reference periods")),
    "HyfaaDrainage": (_("river"), _("rivers")),
    "HyfaaGeoInclusionMask": (_("inclusion mask"), _("inclusion masks")),
    "SaguiConfig": (_("configuration"), _("configuration")),
    "AtmoAlertCategories": (_("air category"), _("air categories")),
    "AlertSubscriptions": (_("alert subscription"), _("alert subscriptions")),
    "ImportState": (_("state of imports"), _("state of imports")),
    "ImportLog": (_("import"), _("log of imports")),
    "Incident": (_("incident"), _("incidents")),
    "Publication": (_("published layer"), _("published layers")),
}


def name_models() -> None:
    """Give the models these names; migrations do not see them."""
    for model, (singular, plural) in NAMES.items():
        options = apps.get_model("sagui", model)._meta
        options.verbose_name, options.verbose_name_plural = singular, plural
