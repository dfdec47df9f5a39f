package apiroute

import (
	"math/big"
	"math/rand"
	"strconv"
	"strings"
	"testing"
)

func TestDecimalCompare(t *testing.T) {
	t.Parallel()
	// In ascending order; those of one line are equal.
	ascending := []string{
		"-1e99999999999999999999 -1e1099511627776",
		"-1e999999999",
		"-18446744073709551616 -1.8446744073709551616E+19",
		"-12.50 -12.5 -125e-1 -0.125e2 -0012.5",
		"-12.49",
		"-1 -1.0 -10e-1",
		"-1e-7 -0.0000001",
		"-1e-999999999",
		"0 -0 0.0 0e9 -0e-9 0.000e999999999",
		"1e-99999999999999999999",
		"1e-999999999",
		"1e-7 0.0000001 10e-8",
		"0.1 0.10 1e-1 100e-3",
		"0.10000000000000000000000000000000000000001",
		"0.3",
		"0.30000000000000004",
		"1 1.0 1e0 1e+0 10e-1 0.1e1",
		"9.99",
		"10 1e1 10.00",
		"100 1e2 1E+2",
		"9007199254740992",
		"9007199254740993",
		"18446744073709551615",
		"18446744073709551616",
		"1e999999999 10e999999998 0.1e1000000000",
		"1.5e999999999",
		"1e99999999999999999999",
	}
	for i, line := range ascending {
		for _, a := range strings.Fields(line) {
			for j, other := range ascending {
				for _, b := range strings.Fields(other) {
					want := sign(i < j, i > j)
					if got := parseDecimal(a).compare(parseDecimal(b)); got != want {
						t.Errorf("%s compared with %s is %d, want %d", a, b, got, want)
					}
					if got := parseDecimal(a).joined() == parseDecimal(b).joined(); got != (want == 0) {
						t.Errorf("%s joined is %s joined: %t", a, b, got)
					}
				}
			}
		}
	}
	if got := parseDecimal("").compare(parseDecimal("0")); got != 0 {
		t.Errorf("no digits compared with 0 is %d, want 0", got)
	}
}

// A decimal is compared and divided as by math/big.
func TestDecimalAgreesWithBig(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewSource(1))
	number := func(most int) string {
		var b strings.Builder
		if rng.Intn(3) == 0 {
			b.WriteByte('-')
		}
		b.WriteString(strconv.Itoa(rng.Intn(most)))
		if rng.Intn(2) == 0 {
			b.WriteString("." + strings.Repeat("0", rng.Intn(4)) + strconv.Itoa(rng.Intn(1000)))
		}
		if rng.Intn(2) == 0 {
			b.WriteString("e" + strconv.Itoa(rng.Intn(60)-20))
		}
		return b.String()
	}
	rat := func(s string) *big.Rat {
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("%q is no number", s)
		}
		return r
	}
	multiples := 0
	for i := 0; i < 50_000; i++ {
		a, b := number(1000), number(10)
		if got, want := parseDecimal(a).compare(parseDecimal(b)), rat(a).Cmp(rat(b)); got != want {
			t.Fatalf("%s compared with %s is %d, want %d", a, b, got, want)
		}
		if rat(b).Sign() <= 0 {
			continue
		}
		v, ok := parseDecimal(b).divisor()
		if !ok {
			t.Fatalf("%s cannot be a divisor", b)
		}
		want := new(big.Rat).Quo(rat(a), rat(b)).IsInt()
		if got := parseDecimal(a).multipleOf(v); got != want {
			t.Fatalf("%s is a multiple of %s: %t, want %t", a, b, got, want)
		}
		if want {
			multiples++
		}
	}
	if multiples < 1000 {
		t.Errorf("only %d pairs were multiples", multiples)
	}
}

func TestDecimalMultipleOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		number, divisor string
		want            bool
	}{
		{"0", "7", true},
		{"", "7", true},
		{"-0.0", "0.1", true},
		{"0.3", "0.1", true},
		{"0.30000000000000004", "0.1", false},
		{"-0.3", "0.1", true},
		{"4.35", "0.01", true},
		{"0.00000075", "1e-7", false},
		{"3e-7", "1e-7", true},
		{"1e-8", "1e-7", false},
		{"1e308", "0.1", true},
		{"1e308", "3", false},
		{"18446744073709551615", "5", true},
		{"18446744073709551615", "9999999999999999999", false},
		{"19999999999999999998", "9999999999999999999", true},
		{"99999999999999999990", "9999999999999999999", true},
		{"99999999999999999980000000000000000000", "9999999999999999999", false},
		{"1e999999999", "7", false},
		{"7e999999999", "7", true},
		{"1e999999999", "1024", true},
		{"1e99999999999999999999", "3", false},
		{"1e-999999999", "1", false},
		{"1.50", "0.5", true},
		{"1.75", "0.5", false},
		{"10", "2.5", true},
		{"100", "1e2", true},
		{"10", "1e2", false},
	} {
		v, ok := parseDecimal(tt.divisor).divisor()
		if got := parseDecimal(tt.number).multipleOf(v); !ok || got != tt.want {
			t.Errorf("%q is a multiple of %q: %t, want %t", tt.number, tt.divisor, got, tt.want)
		}
	}
	if _, ok := parseDecimal("1.0000000000000000001").divisor(); ok {
		t.Error("a divisor of 20 digits is taken")
	}
	if _, ok := parseDecimal("1.000000000000000001000").divisor(); !ok {
		t.Error("a divisor of 19 digits is not taken")
	}
}
