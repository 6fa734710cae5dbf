from __future__ import annotations

import pytest

from icp_ml.drafting.timing import name_reason, presence_reason


@pytest.mark.parametrize(
    "name",
    [
        "churned", "ChurnDate", "csm_health", "CSM", "Customer Success Manager", "health_score", "renewal_date", "NPS",
        "csat", "MRR", "current_arr", "last_login", "Last Activity Date", "closed_reason", "Days to Close", "stage",
        "Lifecycle Stage", "status", "Lead Status", "Account Owner", "tenure", "customer_since", "support_tickets",
        "usage_pct", "Recent Deal Amount", "Number of Associated Deals", "TotalCharges", "onboarding_days",
    ],
)  # fmt: skip
def test_names_that_speak_of_the_time_after_the_sale_are_set_apart(name):
    assert name_reason(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "industry", "employee_count", "FundingStage", "company_stage", "marital_status", "Contract", "MonthlyCharges",
        "TechSupport", "PaymentMethod", "Deal_type", "Strat_deal", "Client", "Source", "recent_funding", "domain_age",
        "annual_revenue", "healthcare_focus", "product_payroll", "arrangement", "home_owner", "usages_region",
    ],
)  # fmt: skip
def test_names_that_only_resemble_them_are_not(name):
    assert name_reason(name) is None


def test_filled_in_for_customers_only_is_the_reason_given():
    assert presence_reason(90, 100, 0, 200) == "filled in for 90 of 100 customers and 0 of 200 other accounts"
    assert presence_reason(90, 100, 150, 200) is None
    # Rarely filled in at all, or nobody to compare with.
    assert presence_reason(5, 100, 0, 200) is None
    assert presence_reason(90, 100, 0, 3) is None
