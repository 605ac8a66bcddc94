"""`python fit.py IN.npz OUT.npz`: fits the classifier of vectors; changes when another way of fitting does better.

It runs in an environment of its own (`python3 local/setup.py intent-training`), for the shop's examples and for the
judged sets alike. In: `vectors` (rows of unit length) and `labels`. Out: what `orchestrator/classifier.py` multiplies.
"""

import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

STRENGTH = (
    30.0  # the inverse of the ridge; 3 to 100 were tried on the shop's examples and on a judged set of 77 intents
)


def main(source: str, target: str) -> None:
    """Multinomial logistic regression, and the middle of each label's vectors."""
    given = np.load(source)
    vectors, labels = given["vectors"].astype(np.float64), given["labels"]
    with threadpool_limits(1):  # on a machine that has more to do, threads wait for each other
        fitted = LogisticRegression(C=STRENGTH, max_iter=1000).fit(vectors, labels)
    middles = np.stack([vectors[labels == label].mean(axis=0) for label in fitted.classes_])
    np.savez(
        target,
        labels=fitted.classes_,
        weights=fitted.coef_,
        biases=fitted.intercept_,
        middles=middles / np.linalg.norm(middles, axis=1, keepdims=True),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
