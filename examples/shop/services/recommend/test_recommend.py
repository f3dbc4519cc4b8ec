import unittest

from recommend import recommend

PRODUCTS = [
    {"sku": "mug", "category": "kitchen", "price": "9.50"},
    {"sku": "pan", "category": "kitchen", "price": "34.90"},
    {"sku": "jug", "category": "kitchen", "price": "12.00"},
    {"sku": "pen", "category": "office", "price": "22.25"},
]


class RecommendTest(unittest.TestCase):
    def test_names_the_others_of_the_category_cheapest_first(self):
        self.assertEqual(recommend("mug", PRODUCTS), ["jug", "pan"])

    def test_has_nothing_to_say_about_an_unknown_article(self):
        self.assertEqual(recommend("piano", PRODUCTS), [])
