package main

import "testing"

func TestEveryProductHasAPriceAndACategory(t *testing.T) {
	products, err := readProducts()
	if err != nil {
		t.Fatal(err)
	}
	for _, product := range products {
		if product.Category == "" || product.Price == "0.00" {
			t.Errorf("%+v", product)
		}
	}
	if len(products) == 0 {
		t.Error("the shelf is empty")
	}
}
