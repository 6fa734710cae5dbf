"""AUC on the telephone company's customers: ours beside penalised logistic regression and default XGBoost.

    python -m benchmarks.telco --data ../shared/data/telco

The label is ever churned, whatever the follow-up, and the folds are random, so that the figures compare with those
published on this data. In the product churn is a time, and models are judged out of time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier  # the rival is xgboost as it comes, not the product's own use of it

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import INNER_FOLDS, assign_folds, cross_fit
from icp_ml.models.learners import BoostedLearner
from icp_ml.models.targets import WinTarget

FOLDS = 5
SEED = 7
LEAST_AUC = 0.825
LARGEST_GAP = 0.003
NUMBERS = ("MonthlyCharges",)


def main() -> int:
    """Print the table; 1 if ours misses the mark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/telco"), help="folder of the tables")
    folder = parser.parse_args().data
    if not folder.is_dir():
        print(f"telco: skipped, the folder {folder} is absent; name it with --data")
        return 0
    figures = compare(*read(folder))
    for name, auc in figures.items():
        print(f"{name:32s} AUC {auc:.4f}")
    rival = max(auc for name, auc in figures.items() if name != "icp-ml")
    passed = figures["icp-ml"] >= max(LEAST_AUC, rival - LARGEST_GAP)
    print(f"{'passed' if passed else 'missed'}: at least {LEAST_AUC} and within {LARGEST_GAP} of the best other")
    return 0 if passed else 1


def read(folder: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the shared columns as typed attributes, and who ever churned."""
    accounts = pd.read_csv(folder / "accounts.csv", dtype=str, keep_default_na=False).set_index("account_id")
    periods = pd.read_csv(folder / "subscriptions.csv", dtype=str)
    churned = periods.groupby("account_id")["ended_at"].count() > 0
    frame = accounts.astype({name: float for name in NUMBERS})
    return frame, churned.reindex(frame.index).to_numpy(dtype=bool)


def compare(frame: pd.DataFrame, churned: np.ndarray) -> dict[str, float]:
    """Return the mean AUC over the same folds, by model."""
    models = {
        "icp-ml": predict_ours,
        "penalised logistic regression": predict_logistic,
        "default XGBoost": predict_xgboost,
    }
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(frame, churned))
    return {
        name: float(
            np.mean([roc_auc_score(churned[b], predict(frame.iloc[a], churned[a], frame.iloc[b])) for a, b in folds])
        )
        for name, predict in models.items()
    }


def predict_ours(train: pd.DataFrame, label: np.ndarray, test: pd.DataFrame) -> np.ndarray:
    """Fit as the product fits: the number of trees chosen inside the training fold."""
    attributes = {name: Attribute(type="number" if name in NUMBERS else "category") for name in train}
    target = WinTarget(label)
    fitted = cross_fit(BoostedLearner(attributes, SEED), train, target, assign_folds(target.label, INNER_FOLDS, SEED))
    return fitted.link.probability(fitted.refit(train, target).margin(test))


def predict_logistic(train: pd.DataFrame, label: np.ndarray, test: pd.DataFrame) -> np.ndarray:
    """Fit a ridge-penalised logistic regression on one-hot columns, its penalty chosen by inner cross-validation."""
    columns = [name for name in train if name not in NUMBERS]
    design = pd.get_dummies(pd.concat([train, test]), columns=columns).to_numpy(dtype=float)
    ridge = LogisticRegressionCV(
        Cs=np.logspace(-3, 1, 5), cv=5, scoring="roc_auc", l1_ratios=(0,), use_legacy_attributes=False, max_iter=1000
    )
    model = make_pipeline(StandardScaler(), ridge).fit(design[: len(train)], label)
    return model.predict_proba(design[len(train) :])[:, 1]


def predict_xgboost(train: pd.DataFrame, label: np.ndarray, test: pd.DataFrame) -> np.ndarray:
    """Fit XGBoost as it comes, with native categories."""
    columns = {name: "category" for name in train if name not in NUMBERS}
    both = pd.concat([train, test]).astype(columns)
    model = XGBClassifier(enable_categorical=True, random_state=SEED, n_jobs=1)
    model.fit(both.iloc[: len(train)], label)
    return model.predict_proba(both.iloc[len(train) :])[:, 1]


if __name__ == "__main__":
    raise SystemExit(main())
