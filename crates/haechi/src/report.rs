//! What is printed for machines. Each type has a JSON Schema in `docs/schemas/`, generated from it.
