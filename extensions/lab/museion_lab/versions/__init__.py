"""Earlier versions of documents: kept by themselves, listed, compared and brought back."""
