"""Holds JSON from standard input against a schema: as it is, and strictly, where what it does not name is an error.

Readers should accept keys that they do not know; our own writers should write none that are not documented.
"""

import json
import os
import sys

import jsonschema


def strict(schema):
    """The schema, with every object that has named members closed."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        result["additionalProperties"] = False
    return result


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


path = os.path.abspath(sys.argv[1])
folder = os.path.dirname(path)
instance = json.load(sys.stdin)
schemas = {"file://" + os.path.join(folder, name): load(os.path.join(folder, name)) for name in os.listdir(folder) if name.endswith(".json")}
errors = []
for closed in (lambda schema: schema), strict:
    store = {uri: closed(schema) for uri, schema in schemas.items()}
    schema = store["file://" + path]
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    resolver = jsonschema.RefResolver("file://" + path, schema, store=store)
    errors += validator(schema, resolver=resolver).iter_errors(instance)
for error in errors[:20]:
    print("/".join(map(str, error.absolute_path)) or ".", error.message[:300], file=sys.stderr)
sys.exit(1 if errors else 0)
