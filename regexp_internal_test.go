package apiroute

import (
	"reflect"
	"strings"
	"testing"
)

// Of a pattern that is accepted, the texts that match are those that do in JavaScript, where the
// pattern has the flag u. All rows have been tried there.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern       string
		matches, fail []string
	}{
		{``, []string{"", "a"}, nil},
		{`b`, []string{"b", "abc"}, []string{"", "a", "B"}},
		{`^b$`, []string{"b"}, []string{"ab", "b\n", "a\nb", ""}},
		{`a|b$`, []string{"ax", "xb"}, []string{"bx"}},
		{`^[a-z0-9-]+$`, []string{"a-1"}, []string{"", "A", "a_1", "é"}},
		{`^.$`, []string{"a", "é", "😀", "\t"}, []string{"", "\n", "\r", "\u2028", "\u2029", "ab"}},
		{`^\s$`, []string{" ", "\t", "\v", "\u00a0", "\ufeff", "\u2028", "\u3000"}, []string{"a", "\u180e", "\u0085", "\u200b"}},
		{`^\S$`, []string{"a", "\u180e"}, []string{" ", "\u00a0"}},
		{`^[\s_]+$`, []string{"_\u00a0 "}, []string{"a"}},
		{`^[^\s]$`, []string{"a"}, []string{"\u00a0"}},
		{`^\d\D$`, []string{"1a", "1٣"}, []string{"٣a", "11"}},
		{`^\w\W$`, []string{"_é", "aé"}, []string{"éé", "aa"}},
		{`^[\w.-]+$`, []string{"a.b-c"}, []string{"é", " "}},
		{`^[\W]$`, []string{"é"}, []string{"a"}},
		{`\bfoo\b`, []string{"a foo b", "éfoo"}, []string{"afoo", "foo_"}},
		{`^a{2}$`, []string{"aa"}, []string{"a", "aaa"}},
		{`^a{1,}?b{0,2}$`, []string{"a", "aabb"}, []string{"b", "abbb"}},
		{`^(a)(?:b)(?<n>c)?$`, []string{"ab", "abc"}, []string{"ac"}},
		{`^\u0041\x42\u{43}\u{1F600}\ud83d\ude00$`, []string{"ABC😀😀"}, []string{"ABC"}},
		{`^[\u{1F600}-\u{1F602}]$`, []string{"😀", "😁"}, []string{"😃", "a"}},
		{`^[\ud83d\ude00]$`, []string{"😀"}, []string{"a", "😁"}},
		{`^\cA\0\t\n\r\v\f$`, []string{"\x01\x00\t\n\r\v\f"}, []string{""}},
		{`^\^\$\\\.\*\+\?\(\)\[\]\{\}\|\/$`, []string{`^$\.*+?()[]{}|/`}, []string{""}},
		{`^a/b"c&~,:<>=!@#%'-_;$`, []string{`a/b"c&~,:<>=!@#%'-_;`}, []string{""}},
		{`^[[]$`, []string{"["}, []string{"]"}},
		{`^[a[b]$`, []string{"a", "[", "b"}, []string{"]"}},
		{`^[\]a]$`, []string{"]", "a"}, []string{"["}},
		{`^[-a]$`, []string{"-", "a"}, []string{"b"}},
		{`^[a-]$`, []string{"-", "a"}, []string{"b"}},
		{`^[\d-]$`, []string{"-", "1"}, []string{"b"}},
		{`^[a-c-e]$`, []string{"-", "b", "e"}, []string{"d"}},
		{`^[--a]$`, []string{"-", "A", "a"}, []string{"b", "!"}},
		{`^[a\-z]$`, []string{"-", "a", "z"}, []string{"b"}},
		{`^[*+?.|(){}$^]+$`, []string{"*+?.|(){}$^"}, []string{"a"}},
		{`^[^^]$`, []string{"a"}, []string{"^"}},
		{`^[/]$`, []string{"/"}, []string{"a"}},
		{`^[\/]$`, []string{"/"}, []string{`\`}},
		{`^\p{L}\P{Lu}$`, []string{"éa"}, []string{"1a", "éÉ"}},
		{`^[\p{L}\d]+$`, []string{"é1"}, []string{"-"}},
		{`^\p{Script=Greek}\p{sc=Latin}$`, []string{"αa"}, []string{"aa", "αα"}},
		{`^日本+$`, []string{"日本本"}, []string{"日"}},
	} {
		r, err := patternRule(reflect.TypeFor[string](), tt.pattern)
		if err != nil {
			t.Errorf("%s %v", tt.pattern, err)
			continue
		}
		for _, s := range tt.matches {
			if !r.holds(reflect.ValueOf(s)) {
				t.Errorf("%s does not match %q", tt.pattern, s)
			}
		}
		for _, s := range tt.fail {
			if r.holds(reflect.ValueOf(s)) {
				t.Errorf("%s matches %q", tt.pattern, s)
			}
		}
		if want := "must match the pattern " + tt.pattern; r.code != "pattern" || r.detail != want {
			t.Errorf("%s has the breach %v, want %q", tt.pattern, r.breach, want)
		}
	}
}

func TestPatternFaults(t *testing.T) {
	t.Parallel()
	const (
		ahead  = "looks ahead or behind, which Go's regular expressions cannot"
		back   = "refers back to a group, which Go's regular expressions cannot"
		group  = "has a group that not all regular expressions of JavaScript have; write (?: in its place"
		brace  = `has a { that is not a repetition; write \{`
		naming = "has a group whose name is not made of the letters A to Z, digits and _"
	)
	for pattern, want := range map[string]string{
		`(?=a)`:             ahead,
		`(?!a)`:             ahead,
		`(?<=a)`:            ahead,
		`(?<!a)`:            ahead,
		`(a)\1`:             back,
		`(?<n>a)\k<n>`:      back,
		`(?i)a`:             group,
		`(?i:a)`:            group,
		`(?P<n>a)`:          group,
		`(?s:.)`:            group,
		`(?`:                group,
		`(?<ä>a)`:           naming,
		`(?<1>a)`:           naming,
		`(?<>a)`:            naming,
		`(?<n`:              naming,
		`(?<n>a)|(?<n>b)`:   "has two groups with the name n",
		`{`:                 brace,
		`a{`:                brace,
		`a{,5}`:             brace,
		`a{b}`:              brace,
		`^{2}`:              brace,
		`a}`:                `has a } without its counterpart; write \}`,
		`a]`:                `has a ] without its counterpart; write \]`,
		`^*`:                "repeats a position: *",
		`a\b+`:              "repeats a position: +",
		`[]`:                "has empty brackets",
		`[^]`:               "has empty brackets",
		`[a`:                "has a [ without a ]",
		`[[:alpha:]]`:       `has a [: within brackets; write \[: in its place`,
		`[a-\d]`:            "has a range that ends with a set",
		`[\d-a]`:            "has a range that begins with a set",
		`[\b]`:              `has \b within brackets`,
		`[\B]`:              `has \B within brackets`,
		`[\S]`:              `has \S within brackets`,
		`\`:                 `ends in a \`,
		`[\`:                `ends in a \`,
		`\a`:                `has \a, which not all regular expressions of JavaScript have`,
		`\_`:                `has \_, which not all regular expressions of JavaScript have`,
		`\é`:                `has \é, which not all regular expressions of JavaScript have`,
		`\-`:                `has \-, which not all regular expressions of JavaScript have`,
		`\A`:                `has \A, which not all regular expressions of JavaScript have`,
		`\Qa\E`:             `has \Q, which not all regular expressions of JavaScript have`,
		`\x4`:               `has a malformed \x`,
		`\x{41}`:            `has a malformed \x`,
		`\u004`:             `has a malformed \u`,
		`\u{}`:              `has a malformed \u`,
		`\c1`:               `has a malformed \c`,
		`\00`:               `has a malformed \0`,
		`\u{110000}`:        `has \u{110000}, which is not a character`,
		`\ud83d`:            `has \ud83d, which is not a character`,
		`\ude00\ud83d`:      `has \ude00, which is not a character`,
		`\pL`:               `has \p without {`,
		`\p`:                `has \p without {`,
		`\P{L`:              `has \P without {`,
		`\p{Letter}`:        `has \p{Letter}, which is neither a category such as Lu nor a script such as Script=Greek`,
		`\p{Greek}`:         `has \p{Greek}, which is neither a category such as Lu nor a script such as Script=Greek`,
		`\p{C}`:             `has \p{C}, which is neither a category such as Lu nor a script such as Script=Greek`,
		`\p{^L}`:            `has \p{^L}, which is neither a category such as Lu nor a script such as Script=Greek`,
		`\P{Script=Nobody}`: `has \P{Script=Nobody}, which is neither a category such as Lu nor a script such as Script=Greek`,
		"\xff":              "is not UTF-8",
		`(a`:                "error parsing regexp: missing closing ): `(a`",
		`a)`:                "error parsing regexp: unexpected ): `a)`",
		`*`:                 "error parsing regexp: missing argument to repetition operator: `*`",
		`a**`:               "error parsing regexp: invalid nested repetition operator: `**`",
		`a{2}{3}`:           "error parsing regexp: invalid nested repetition operator: `{2}{3}`",
		`a{1001}`:           "error parsing regexp: invalid repeat count: `{1001}`",
		`a{2,1}`:            "error parsing regexp: invalid repeat count: `{2,1}`",
		`[z-a]`:             "error parsing regexp: invalid character class range: `z-a`",
	} {
		if _, err := patternRule(reflect.TypeFor[string](), pattern); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %q", pattern, err, want)
		}
	}
	if _, err := patternRule(reflect.TypeFor[int](), "a"); err == nil || !strings.Contains(err.Error(), "has no meaning for the type int") {
		t.Errorf("for an int: error %v", err)
	}
}
