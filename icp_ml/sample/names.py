"""Plausible names of invented companies, people and rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from icp_ml.sample.draws import Draws

_STEMS = (
    "Alder", "Amber", "Anker", "Arden", "Aster", "Aurel", "Balder", "Beacon", "Birch", "Bluff", "Brook", "Calder",
    "Cedar", "Cobalt", "Copper", "Corvin", "Delta", "Dorn", "Eben", "Elmar", "Ember", "Fair", "Falken", "Fjord",
    "Flint", "Gable", "Glen", "Granit", "Halden", "Harbor", "Hazel", "Iron", "Ivory", "Juno", "Kestrel", "Kiel",
    "Lark", "Linden", "Lumen", "Mara", "Merid", "Mill", "Mistral", "Nord", "Nova", "Oak", "Onyx", "Orchard", "Pine",
    "Polar", "Quarz", "Raven", "Ridge", "River", "Sable", "Sage", "Silver", "Solis", "Spruce", "Stern", "Summit",
    "Talis", "Thorn", "Tide", "Umber", "Vale", "Vela", "Verdan", "Wald", "Wells", "West", "Willow", "Winter", "Zephyr",
)  # fmt: skip
_ENDS = (
    "", "bach", "berg", "bridge", "dale", "feld", "field", "ford", "gate", "hall", "haven", "holm", "hurst", "land",
    "line", "lund", "mark", "mere", "mont", "port", "rock", "shore", "stad", "stone", "vik", "ward", "way", "wick",
    "wind", "wood",
)  # fmt: skip
_TRADE_WORDS = {
    "b2b_saas": ("Software", "Cloud", "Systems", "Labs", "Analytics", "Technologies"),
    "fintech": ("Pay", "Capital Tech", "Finance", "Ledger", "Payments", "Lending"),
    "healthtech": ("Health", "Medical", "Care Systems", "Diagnostics", "Clinics", "Bio"),
    "manufacturing": ("Industries", "Maschinenbau", "Components", "Tooling", "Plastics", "Automation"),
    "agencies": ("Studio", "Media Agency", "Creative", "Digital", "Communications", "Marketing"),
    "consumer_apps": ("Apps", "Games", "Social", "Fitness", "Travel App", "Play"),
    "ecommerce": ("Shop", "Retail", "Outfitters", "Home", "Market", "Direct"),
    "logistics": ("Logistics", "Freight", "Shipping", "Spedition", "Warehousing", "Express"),
    "professional_services": ("Consulting", "Advisory", "Partners", "Legal", "Audit", "Engineering"),
    "media": ("Media", "Publishing", "Broadcast", "Press", "Pictures", "Audio"),
    "education": ("Academy", "Learning", "Campus", "Education", "Training", "Institute"),
}
_LEGAL_FORMS = {
    "DACH": ("GmbH", "AG", "GmbH & Co. KG"),
    "Nordics": ("AB", "A/S", "Oy"),
    "UK & Ireland": ("Ltd", "Limited", "plc"),
    "Benelux": ("B.V.", "N.V.", "BV"),
    "France": ("SAS", "SARL", "SA"),
    "Southern Europe": ("S.r.l.", "S.L.", "S.p.A."),
    "North America": ("Inc.", "LLC", "Corp."),
}
_DOMAIN_ENDS = {
    "DACH": ".de", "Nordics": ".se", "UK & Ireland": ".co.uk", "Benelux": ".nl", "France": ".fr",
    "Southern Europe": ".it", "North America": ".com",
}  # fmt: skip

INDUSTRIES = tuple(_TRADE_WORDS)
REGIONS = tuple(_LEGAL_FORMS)
OWNERS = {
    "DACH": ("Katrin Vogel", "Jonas Reuter", "Selin Aydin"),
    "Nordics": ("Elin Sandberg", "Mikkel Holm"),
    "UK & Ireland": ("Aoife Brennan", "Tom Whitaker"),
    "Benelux": ("Sanne de Wit", "Pieter Claes"),
    "France": ("Camille Roussel", "Hugo Lambert"),
    "Southern Europe": ("Giulia Ferri", "Marta Soler"),
    "North America": ("Dana Mitchell", "Marcus Lee", "Priya Raman"),
}
SOURCES = ("inbound", "outbound", "partner", "event", "referral", "paid search")
COMPETITORS = ("Korvia", "Tandemdesk", "Statwise Suite", "Renewly Cloud", "in-house build")
LOSS_REASONS = ("no decision", "price", "lost to competitor", "missing feature", "no budget", "timing", "champion left")
CHURN_REASONS = ("low usage", "price", "switched to competitor", "budget cut", "company closed", "champion left")
EXCEPTION_REASONS = ("strategic logo", "investor introduction", "quarter end")
APPROVERS = ("VP Sales", "CEO")


def company_names(draws: Draws, industry: np.ndarray, region: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an invented name and web domain an account, both object arrays of shape (n,)."""
    n = len(industry)
    stem = draws.pick("name stem", _STEMS, n)
    end = draws.pick("name end", _ENDS, n)
    word = _by_group(draws.uniform("name word", n), industry, _TRADE_WORDS)
    form = _by_group(draws.uniform("name form", n), region, _LEGAL_FORMS)
    names = [f"{s}{e} {w} {f}" for s, e, w, f in zip(stem, end, word, form, strict=True)]
    sites = [
        f"{s}{e}-{w}".lower().replace(" ", "") + _DOMAIN_ENDS[r]
        for s, e, w, r in zip(stem, end, word, region, strict=True)
    ]
    return np.asarray(names, dtype=object), np.asarray(sites, dtype=object)


def owners(draws: Draws, name: str, territory: np.ndarray) -> np.ndarray:
    """Return the sales person of each deal, out of those of its territory."""
    return _by_group(draws.uniform(name, len(territory)), territory, OWNERS)


def _by_group(uniform: np.ndarray, group: np.ndarray, choices: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Pick one of a group's choices by a uniform number each."""
    picked = np.empty(len(group), dtype=object)
    for key, words in choices.items():
        inside = group == key
        position = np.floor(uniform[inside] * len(words)).astype(np.int64)
        picked[inside] = np.asarray(words, dtype=object)[position]
    return picked
