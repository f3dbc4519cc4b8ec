package main

import (
	"testing"

	"example.com/shop/gen/api"
)

func TestQuoteCountsTheDiscount(t *testing.T) {
	got, err := quoteFor(api.Product{Sku: "mug", Price: "9.50"}, 12)
	want := api.Quote{Sku: "mug", Quantity: 12, Unit: "9.50", Total: "102.60"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}
