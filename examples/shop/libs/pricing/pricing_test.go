package pricing

import (
	"testing"

	"example.com/shop/libs/money"
)

func TestTotalDropsFromTenPieces(t *testing.T) {
	unit, err := money.Parse("2.50")
	if err != nil {
		t.Fatal(err)
	}
	for quantity, want := range map[int]string{1: "2.50", 9: "22.50", 10: "22.50", 20: "45.00"} {
		if got := Total(unit, quantity).String(); got != want {
			t.Errorf("%d pieces cost %s, want %s", quantity, got, want)
		}
	}
}
