package money

import "testing"

func TestLessRoundsHalfToEven(t *testing.T) {
	for text, want := range map[string]string{"0.25": "0.22", "0.35": "0.32", "20.00": "18.00"} {
		amount, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := amount.Less(10).String(); got != want {
			t.Errorf("%s less 10 %% is %s, want %s", text, got, want)
		}
	}
}

func TestParseRefusesWords(t *testing.T) {
	if _, err := Parse("twelve"); err == nil {
		t.Error("a word was taken for an amount")
	}
}
