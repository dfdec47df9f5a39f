package apiroute

import (
	"net/mail"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// formatTests are texts for each format.
var formatTests = []struct {
	format             string
	accepted, rejected []string
}{
	{"date", []string{
		"2024-02-29", "2000-02-29", "2024-01-31", "2024-12-31", "2024-04-30", "0000-01-01", "9999-12-31",
	}, []string{
		"", "2023-02-29", "1900-02-29", "2024-02-30", "2024-00-10", "2024-13-01", "2024-01-00", "2024-01-32", "2024-04-31",
		"2024-1-1", "24-01-01", "20240101", "2024/01/01", "2024-01-01 ", " 2024-01-01", "2024-01-01T00:00:00Z", "+024-01-01",
		"2024-01-0a", "202a-01-01", "2024-0x-01", "٢٠٢٤-٠١-٠١",
	}},
	{"date-time", []string{
		"2024-01-02T03:04:05Z", "2024-01-02t03:04:05z", "2024-01-02T03:04:05+01:00", "2024-01-02T03:04:05-00:00",
		"2024-01-02T03:04:05.1Z", "2024-01-02T03:04:05.123456789012Z", "2024-01-02T23:59:59+23:59", "0000-01-01T00:00:00Z",
		"1998-12-31T23:59:60Z", "1998-12-31T15:59:60.5-08:00", "1999-01-01T00:59:60+01:00", "1999-01-01T05:29:60+05:30",
	}, []string{
		"", "2024-01-02", "2024-01-02T03:04:05", "2024-01-02 03:04:05Z", "2024-01-02T03:04:05+0100", "2024-01-02T03:04:05+01",
		"2024-01-02T03:04:05.Z", "2024-01-02T03:04:05,1Z", "2024-01-02T3:04:05Z", "2024-01-02T03:04Z", "2024-01-02T03:04:05ZZ",
		"2024-01-02T24:00:00Z", "2024-01-02T23:60:00Z", "2024-01-02T23:59:61Z", "2024-01-02T22:59:60Z", "1998-12-31T23:58:60Z",
		"2024-01-02T03:04:05+24:00", "2024-01-02T03:04:05+23:60", "2024-02-30T00:00:00Z", "2024-01-02T03:04:05+1:000",
		"2024-01-02T03:04:05 01:00", "2024-01-02T0a:04:05Z", "2024-01-02T03:04:05+0a:00", "2024-01-02T03-04-05Z", "2024-01-02T03:04:05.1",
	}},
	{"email", []string{
		"a@b.de", "ann@example.com", "A.B@C.DE", "a+b@c.de", "!#$%&'*+-/=?^_`{|}~@b.de", "a@localhost", "a@1.2", "a@b-c.de", "a@xn--bcher-kva.example",
		strings.Repeat("a", 64) + "@b.de", "a@" + strings.Repeat("b", 63) + ".de",
	}, []string{
		"", "a", "@", "a@", "@b.de", "a@b@c.de", ".a@b.de", "a.@b.de", "a..b@c.de", "a b@c.de", `"a b"@c.de`, "a@[127.0.0.1]", "a@-b.de",
		"a@b-.de", "a@b_c.de", "a@b..de", "a@.de", "a@b.de.", "Ann <a@b.de>", "<a@b.de>", "é@b.de", "a@é.de", "a(b)@c.de", "a@b.de\n", " a@b.de", "a,b@c.de",
		strings.Repeat("a", 65) + "@b.de", "a@" + strings.Repeat("b", 64) + ".de", "a@" + strings.Repeat("b.", 126) + "de",
	}},
	{"ipv4", []string{"0.0.0.0", "1.2.3.4", "255.255.255.255"}, []string{
		"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.04", "00.0.0.0", "1.2.3.", "1..2.3", "0x1.2.3.4", "1.2.3.4/8", " 1.2.3.4", "1.2.3.4 ",
		"1.2.3.4:5", "::1", "::ffff:1.2.3.4", "٠.0.0.0",
	}},
	{"ipv6", []string{
		"::", "::1", "1::", "2001:db8::1", "2001:DB8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4",
		"0000:0000:0000:0000:0000:ffff:255.255.255.255",
	}, []string{
		"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.256", "::1.2.3.04", "::1.2.3",
		"::g", "12345::", ":1", "1:", "fe80::1%eth0", "fe80::1%", "[::1]", "::1 ", "::1/64", "1.2.3.4",
	}},
	{"uri", []string{
		"https://example.com/", "http://a", "http://", "x:", "x:y", "mailto:a@b.c", "urn:a:b", "tel:+1", "data:text/plain,x", "file:///a", "file:/a", "HTTP://A/",
		"x+1.-:y", "http://a:80/", "http://a:/", "http://u:p@h/", "http://u@/", "http://[::1]/", "http://[::1]:8/", "http://[v1.a:b]/", "http://a/%20", "http://a%20b/",
		"http://a/#b", "http://a/?b?c", "x:?q", "x:#f", "x:%41", "http://a/b;c=1,2", "http://1.2.3.256/", "http://a//b//", "http://a/?%2f#/?",
	}, []string{
		"", "a", "/a", "//a/b", "a/b", "?a", ":a", "1x:y", "+x:y", "é:y", "a b:c", "http://a b", "http://a/b c", "http://a/%2", "http://a/%zz", "http://a/%", "http://a/é",
		"http://é/", "http://a/#b#c", "http://a/<", "http://a/>", `http://a/"`, "http://a/{x}", "http://a/|", "http://a/^", "http://a/`", `http://a/\`, "http://a/\n",
		"http://a/\x7f", "http://a:b/", "http://a:80:90/", "http://::1/", "http://[::1", "http://[::1]x/", "http://[1.2.3.4]/", "http://[fe80::1%25eth0]/", "http://[v.a]/",
		"http://[v1.]/", "http://[vg.a]/", "http://[v1.%41]/", "http://[]/", "http://u@p@h/", "http://%zz@a/", "ht%20tp://a", "x:[", "http://a/[b]", "http://a/?[b]", "http://a/#[b]",
	}},
	{"uuid", []string{
		"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
	}, []string{
		"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-4266141740000", "123e4567-e89b-12d3-a456-42661417400g",
		"{123e4567-e89b-12d3-a456-426614174000}", "urn:uuid:123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a4567-26614174000", "123e4567 e89b-12d3-a456-426614174000",
	}},
	{"password", []string{"", "x"}, nil},
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range formatTests {
		r, err := formatRule(reflect.TypeFor[string](), tt.format)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range tt.accepted {
			if !r.holds(reflect.ValueOf(s)) {
				t.Errorf("%s: %q is rejected", tt.format, s)
			}
		}
		for _, s := range tt.rejected {
			if r.holds(reflect.ValueOf(s)) {
				t.Errorf("%s: %q is accepted", tt.format, s)
			}
		}
	}
	if len(formatTests) != len(formats) {
		t.Errorf("%d formats are tested, want %d", len(formatTests), len(formats))
	}
}

// dateTimeShape matches the date-time of RFC 3339. time.Parse alone is more lenient: it takes a comma
// before the fraction, an hour of one digit, and any offset.
var dateTimeShape = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// The formats are related to each other and to the standard library, whatever the text.
func FuzzFormats(f *testing.F) {
	for _, tt := range formatTests {
		for _, s := range append(tt.accepted, tt.rejected...) {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := time.Parse(time.DateOnly, s); isDate(s) != (err == nil) {
			t.Errorf("%q is a date: %t, but time.Parse returns %v", s, isDate(s), err)
		}
		upper := strings.NewReplacer("t", "T", "z", "Z", ":60", ":59").Replace(s)
		isTime := dateTimeShape.MatchString(upper) && new(time.Time).UnmarshalText([]byte(upper)) == nil
		if isDateTime(s) != isTime && !strings.Contains(s, ":60") || isDateTime(s) && !isTime {
			t.Errorf("%q is a date-time: %t, but it has the shape and is a time: %t", s, isDateTime(s), isTime)
		}
		if addr, err := mail.ParseAddress(s); isEmail(s) && (err != nil || addr.Address != s || addr.Name != "") {
			t.Errorf("%q is accepted as an email address, and not by net/mail: %v", s, err)
		}
		if u, err := url.Parse(s); isURI(s) && !strings.Contains(s, "[v") && !strings.Contains(s, "[V") && !strings.Contains(s, "%") && (err != nil || u.Scheme == "") {
			t.Errorf("%q is accepted as a URI, and not by net/url: %v", s, err)
		}
		if isIPv6(s) != isURI("x://["+s+"]") && !strings.HasPrefix(s, "v") && !strings.HasPrefix(s, "V") {
			t.Errorf("%q is an IPv6 address: %t, and not so in a URI", s, isIPv6(s))
		}
		if isIPv4(s) && (isIPv6(s) || !isIPv6("::"+s) || !isDomain(s)) {
			t.Errorf("%q is an IPv4 address, and not one in ::%[1]s, or not a domain", s)
		}
	})
}
