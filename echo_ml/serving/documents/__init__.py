"""What the API takes and answers, as documents with a schema: the OpenAPI page is made of them."""
