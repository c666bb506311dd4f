"""`POST /predict/churn`, for one customer and for a batch."""

from typing import Any

from fastapi import APIRouter

from echo_ml.serving.backend import Backend
from echo_ml.serving.documents.predictions import Batch, Prediction, request_models
from echo_ml.serving.predicting import predict_batch, predict_one
from echo_ml.serving.routes.answers import problems


def predict_router(backend: Backend) -> APIRouter:
    """The endpoints; their bodies follow from the declared features, so annotations are evaluated here and now."""
    router = APIRouter(tags=["predictions"])
    one, batch = request_models(backend.churn_features, backend.limits.max_batch)

    @router.post("/predict/churn", response_model=Prediction, responses=problems(404, 409))
    def predict_churn(asked: one) -> Any:  # type: ignore[valid-type]
        """Predict one customer's churn: by `customer_id`, with the features that are online, or from `features`.

        Features that are older than they may be are refused (409) or flagged, as their declaration says.
        """
        return predict_one(backend, asked)

    @router.post("/predict/churn/batch", response_model=Batch, responses=problems())
    def predict_churn_batch(asked: batch) -> Any:  # type: ignore[valid-type]
        """Predict several at once; a customer without a prediction is told why, and stops nobody else."""
        return predict_batch(backend, asked.items)  # type: ignore[attr-defined]

    return router
