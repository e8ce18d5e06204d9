# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shop serves unchanged: its script and its OpenAPI document."""

APP_JS = ("// The shop's page.\n'use strict';\n" + "".join(
    f"export function panel{n}(root, items) {{\n  const list = document.createElement('ul');\n  for (const item of items) {{\n"
    f"    const row = document.createElement('li');\n    row.textContent = `${{item.name}}: ${{item.price}}`;\n    list.append(row);\n  }}\n"
    f"  root.replaceChildren(list);\n}}\n" for n in range(12))).encode()


def _operation(summary, identifier, schema, example, parameters=(), errors=("400", "429")):
    texts = {"400": "A parameter is not valid", "404": "No such item", "429": "Too many requests", "503": "Not well"}
    return {"summary": summary, "operationId": identifier, "tags": ["shop"], "parameters": list(parameters),
            "responses": {"200": {"description": "As asked", "content": {"application/json": {"schema": schema, "example": example}}},
                          **{code: {"description": texts[code]} for code in errors}}}


def _number(name, place, text, minimum=0, is_required=False):
    return {"name": name, "in": place, "description": text, "required": is_required, "schema": {"type": "integer", "minimum": minimum}}


def openapi():
    item, tea = {"$ref": "#/components/schemas/Item"}, {"id": 7, "name": "Tea", "description": "Green", "price": "4.20", "stock": 12}
    placed = _operation("Place an order", "placeOrder", {"type": "object"}, {"order": 1})
    placed["responses"]["201"] = {"description": "Placed"}
    placed["requestBody"] = {"content": {"application/json": {"schema": {"type": "object", "properties": {
        "item": {"type": "integer"}, "customer": {"type": "integer"}, "quantity": {"type": "integer", "minimum": 1}}}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1.0.0", "description": "Items and orders of the demo's shop."},
        "tags": [{"name": "shop", "description": "Everything the shop does"}],
        "paths": {
            "/items": {"get": _operation("List items", "listItems", {"type": "object", "properties": {"items": {"type": "array", "items": item}}}, {"items": [tea]},
                                         [_number("limit", "query", "At most so many", 1), _number("offset", "query", "Skip so many")])},
            "/items/{id}": {"get": _operation("One item", "getItem", item, tea, [_number("id", "path", "The item's number", 1, True)], ("400", "404", "429"))},
            "/orders": {"get": _operation("A customer's newest orders", "listOrders", {"type": "object"}, {"orders": []}, [_number("customer", "query", "The customer's number")]),
                        "post": placed},
            "/health": {"get": _operation("Whether the shop is well", "health", {"type": "object"}, {"status": "pass"}, (), ("503",))},
        },
        "components": {"schemas": {"Item": {"type": "object", "required": ["id", "name", "price"], "properties": {
            "id": {"type": "integer"}, "name": {"type": "string"}, "description": {"type": "string"}, "price": {"type": "string"},
            "stock": {"type": "integer"}}}}},
    }
