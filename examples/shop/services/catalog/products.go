package main

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"example.com/shop/gen/api"
	"example.com/shop/libs/money"
)

//go:embed products.json
var shelf []byte

// readProducts is what the shop sells; every price is a proper amount.
func readProducts() ([]api.Product, error) {
	var products []api.Product
	if err := json.Unmarshal(shelf, &products); err != nil {
		return nil, err
	}
	for i, product := range products {
		price, err := money.Parse(product.Price)
		if err != nil {
			return nil, fmt.Errorf("price of %s: %w", product.Sku, err)
		}
		products[i].Price = price.String()
	}
	return products, nil
}
