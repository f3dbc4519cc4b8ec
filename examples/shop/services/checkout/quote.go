package main

import (
	"example.com/shop/gen/api"
	"example.com/shop/libs/money"
	"example.com/shop/libs/pricing"
)

func quoteFor(product api.Product, quantity int) (api.Quote, error) {
	unit, err := money.Parse(product.Price)
	if err != nil {
		return api.Quote{}, err
	}
	total := pricing.Total(unit, quantity)
	return api.Quote{Sku: product.Sku, Quantity: quantity, Unit: unit.String(), Total: total.String()}, nil
}
