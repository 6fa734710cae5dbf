from __future__ import annotations

from icp_ml.report.receipts import told_against_rest, told_receipt

FIGURE = {"low": 30.0, "high": 52.25, "level": 0.9, "n": 60}
ONBOARDING = {
    "figure": "onboarding_load", "signal": "onboarding_days", "about": "onboarding", "per": "customer",
    "inside": {"estimate": 41.26, **FIGURE}, "elsewhere": {"estimate": 26.0, "low": 25.0, "high": 27.0, "n": 900},
    "difference": {"estimate": 15.26, "low": 4.0, "high": 26.0}, "differs": True,
}  # fmt: skip
REQUESTS = {
    "figure": "feature_requests_a_year", "signal": "feature_request", "per": "customer and year",
    "inside": {"estimate": 1.904, "low": 1.5, "high": 2.3, "n": 60},
    "elsewhere": {"estimate": 1.7, "low": 1.6, "high": 1.8, "n": 900},
    "difference": {"estimate": 0.2, "low": -0.2, "high": 0.6},
}  # fmt: skip
SERVICES = {
    "figure": "services_share", "per": "first-year revenue",
    "inside": {"estimate": 0.12, "low": 0.1, "high": 0.14, "n": 60},
    "elsewhere": {"estimate": 0.081, "low": 0.08, "high": 0.082, "n": 900},
    "difference": {"estimate": 0.04, "low": 0.02, "high": 0.06},
}  # fmt: skip
TOO_FEW = {"figure": "references_a_year", "signal": "referral", "absent": "fewer than 5 customers measured: 3 in it"}


def test_a_receipt_says_what_serving_takes_under_the_companys_own_names() -> None:
    told = told_receipt({"against_rest": [SERVICES, ONBOARDING, REQUESTS, TOO_FEW]}, "EUR", True, 12)
    assert told == [
        "More than other customers: services sold, of first-year revenue 12 % (8.1 % elsewhere); onboarding days per "
        "customer 41.3 (26 elsewhere).",
        "No difference beyond chance: feature request per customer and year.",
    ]


def test_each_figure_has_its_range_and_number_and_a_difference_of_chance_is_called_that() -> None:
    onboarding, requests = told_against_rest([ONBOARDING, REQUESTS, TOO_FEW], "EUR")
    assert onboarding["here"] == {"value": "41.3", "between": "30 to 52.2", "of": "60 customers"}
    assert (onboarding["difference"], requests["difference"]) == ("more", "no difference beyond chance")


def test_what_is_not_measured_is_said_once_a_reason() -> None:
    absent = {
        "onboarding_load": "there is no signals table", "references_a_year": "there is no signals table",
        "services_share": "no won deal names a services amount",
    }  # fmt: skip
    assert told_receipt({"absent": absent}, None, True, 12) == [
        "Not measured: onboarding and references (there is no signals table).",
        "Not measured: services against first-year revenue (no won deal names a services amount).",
    ]
    assert told_receipt({"absent": absent}, None, False, 12) == [
        "Not measured: onboarding and references (there is no signals table)."
    ], "without deals nothing is said of deals"
