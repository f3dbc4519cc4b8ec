// Package money holds amounts of one currency without the rounding of floats.
package money

import "github.com/shopspring/decimal"

// Amount is an exact number of euros.
type Amount struct{ value decimal.Decimal }

// Parse reads an amount such as "12.50".
func Parse(text string) (Amount, error) {
	value, err := decimal.NewFromString(text)
	return Amount{value}, err
}

// Times is the price of quantity pieces.
func (a Amount) Times(quantity int) Amount {
	return Amount{a.value.Mul(decimal.NewFromInt(int64(quantity)))}
}

// Less takes percent off, rounded to cents, half to even.
func (a Amount) Less(percent int) Amount {
	factor := decimal.New(int64(100-percent), -2)
	return Amount{a.value.Mul(factor).RoundBank(2)}
}

// String writes the amount with two decimals.
func (a Amount) String() string { return a.value.StringFixed(2) }
