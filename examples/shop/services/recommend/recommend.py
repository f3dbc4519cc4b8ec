"""What else somebody may like who looks at an article."""


def recommend(sku, products):
    """The articles of the same category as `sku`, the cheapest first; none for an unknown article."""
    categories = {product["sku"]: product["category"] for product in products}
    category = categories.get(sku)
    others = [p for p in products if p["category"] == category and p["sku"] != sku]
    return [p["sku"] for p in sorted(others, key=lambda p: (float(p["price"]), p["sku"]))]
