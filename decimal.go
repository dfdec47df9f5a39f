package apiroute

import (
	"math/bits"
	"strings"
)

// This file compares and divides numbers as JSON writes them: in decimal notation, of any size and
// precision. A float64 is not exact enough, because 0.3 is no multiple of 0.1 there. The types of
// math/big allocate memory, and need a lot of it for 1e999999999. Everything here takes time in
// proportion to the length of the text, and no memory.

// A decimal is a number: sign × 0.D × 10^point, where D are the digits of a and then of b. There is
// no 0 at the beginning or the end of D, and none at all in the number 0. For example, -12.50 has
// the digits 12 and 5, and the point 2.
type decimal struct {
	sign  int // -1, 0 or 1
	a, b  string
	point int64
}

// parseDecimal returns the value of a number in JSON's form. An empty text is 0: it is the
// json.Number that a body has left out.
func parseDecimal(text string) decimal {
	d := decimal{sign: 1}
	if strings.HasPrefix(text, "-") {
		d.sign, text = -1, text[1:]
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		d.point, text = parseExponent(text[i+1:]), text[:i]
	}
	d.a, d.b, _ = strings.Cut(text, ".")
	d.a = strings.TrimLeft(d.a, "0")
	d.b = strings.TrimRight(d.b, "0")
	d.point += int64(len(d.a))
	if d.a == "" {
		n := len(d.b)
		d.b = strings.TrimLeft(d.b, "0")
		d.point -= int64(n - len(d.b))
	}
	if d.b == "" {
		d.a = strings.TrimRight(d.a, "0")
	}
	if d.a == "" && d.b == "" {
		return decimal{}
	}
	return d
}

// maxExponent is where parseExponent stops counting. No text that fits into memory has as many
// digits, so two numbers are ordered rightly unless the exponents of both are beyond it.
const maxExponent = 1 << 40

// parseExponent parses the digits after an e, with or without a sign.
func parseExponent(text string) (n int64) {
	digits := strings.TrimLeft(text, "+-")
	for i := 0; i < len(digits) && n < maxExponent; i++ {
		n = n*10 + int64(digits[i]-'0')
	}
	if n = min(n, maxExponent); strings.HasPrefix(text, "-") {
		return -n
	}
	return n
}

// numDigits returns the number of digits.
func (d decimal) numDigits() int { return len(d.a) + len(d.b) }

// digit returns a digit, as a character.
func (d decimal) digit(i int) byte {
	if i < len(d.a) {
		return d.a[i]
	}
	return d.b[i-len(d.a)]
}

// joined returns d with all of its digits in a. Two such decimals are equal if they are in Go.
func (d decimal) joined() decimal {
	d.a, d.b = d.a+d.b, ""
	return d
}

// compare returns -1, 0 or 1 if d is less than, equal to or greater than other.
func (d decimal) compare(other decimal) int {
	if d.sign != other.sign {
		return sign(d.sign < other.sign, d.sign > other.sign)
	}
	if d.point != other.point {
		return d.sign * sign(d.point < other.point, d.point > other.point)
	}
	n, m := d.numDigits(), other.numDigits()
	for i := 0; i < n && i < m; i++ {
		if x, y := d.digit(i), other.digit(i); x != y {
			return d.sign * sign(x < y, x > y)
		}
	}
	return d.sign * sign(n < m, n > m)
}

// sign returns -1 for less, 1 for more, and otherwise 0.
func sign(less, more bool) int {
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return 0
}

// A divisor is a positive number that others may be multiples of: factor × 10^exponent.
type divisor struct {
	factor   uint64
	exponent int64
}

// divisor returns a positive number as a divisor. It returns false if the number has more than 19
// digits, zeros at its ends not counted.
func (d decimal) divisor() (divisor, bool) {
	n := d.numDigits()
	if n > 19 { // 10^19 is less than 2^64
		return divisor{}, false
	}
	v := divisor{exponent: d.point - int64(n)}
	for i := 0; i < n; i++ {
		v.factor = v.factor*10 + uint64(d.digit(i)-'0')
	}
	return v, true
}

// multipleOf reports whether d is a multiple of v.
//
// With the digits of d as an integer D, the quotient is D × 10^k / factor. If k is negative, that is
// no integer, because D does not end in 0. Otherwise the remainder is calculated digit by digit.
func (d decimal) multipleOf(v divisor) bool {
	n := d.numDigits()
	k := d.point - int64(n) - v.exponent
	if n == 0 || k < 0 {
		return n == 0
	}
	rest := uint64(0)
	for i := 0; i < n; i++ {
		hi, lo := bits.Mul64(rest, 10)
		lo, carry := bits.Add64(lo, uint64(d.digit(i)-'0'), 0)
		rest = bits.Rem64(hi+carry, lo, v.factor)
	}
	for power := uint64(10); k > 0; k >>= 1 { // rest × 10^k, by squaring
		if k&1 != 0 {
			rest = mulMod(rest, power, v.factor)
		}
		power = mulMod(power, power, v.factor)
	}
	return rest == 0
}

// mulMod returns the remainder of x × y divided by m.
func mulMod(x, y, m uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return bits.Rem64(hi, lo, m)
}
