// Package pricing knows what a number of pieces costs.
package pricing

import "example.com/shop/libs/money"

// Total is what quantity pieces cost: from ten pieces on, a tenth less.
func Total(unit money.Amount, quantity int) money.Amount {
	total := unit.Times(quantity)
	if quantity >= 10 {
		return total.Less(10)
	}
	return total
}
