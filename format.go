package apiroute

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
)

// This file checks the values of the keyword format. The checks follow the RFCs by which JSON Schema
// defines the formats, and allocate no memory for a text that is right.

// A format is a value of the keyword format that is checked.
type format struct {
	detail string
	holds  func(string) bool
}

// formats are the formats that a text can be checked for, by name. The format password is for the
// document alone, so it has no check.
var formats = map[string]format{
	"date":      {"must be a date such as 2006-01-02", isDate},
	"date-time": {notRFC3339.detail, isDateTime},
	"email":     {"must be an email address", isEmail},
	"ipv4":      {"must be an IPv4 address", isIPv4},
	"ipv6":      {"must be an IPv6 address", isIPv6},
	"password":  {"", func(string) bool { return true }},
	"uri":       {"must be a URI such as https://example.com/", isURI},
	"uuid":      {"must be a UUID", isUUID},
}

// formatRule compiles the keyword format.
func formatRule(t reflect.Type, name string) (rule, error) {
	if t == reflect.TypeFor[time.Time]() && name == "date-time" {
		return rule{notRFC3339, func(reflect.Value) bool { return true }}, nil // it is one already
	}
	if !isText(t) {
		return rule{}, noMeaning(t)
	}
	f, ok := formats[name]
	if !ok {
		var names []string
		for name := range formats {
			names = append(names, name)
		}
		slices.Sort(names)
		return rule{}, fmt.Errorf("is not one of %s", strings.Join(names, ", "))
	}
	return rule{breach{"format", f.detail}, func(v reflect.Value) bool { return f.holds(v.String()) }}, nil
}

// twoDigits returns the number in the first two bytes of s, or -1 if they are no digits.
func twoDigits(s string) int {
	if len(s) < 2 || !isDigit(s[0]) || !isDigit(s[1]) {
		return -1
	}
	return int(s[0]-'0')*10 + int(s[1]-'0')
}

// isDate reports whether s is a full-date of RFC 3339.
func isDate(s string) bool {
	if len(s) != len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return false
	}
	century, year, month, day := twoDigits(s), twoDigits(s[2:]), twoDigits(s[5:]), twoDigits(s[8:])
	if century < 0 || year < 0 || month < 1 || month > 12 || day < 1 {
		return false
	}
	// Day 0 of the next month is the last of this one.
	return day <= time.Date(century*100+year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// isDateTime reports whether s is a date-time of RFC 3339. It may have t and z in lower case, and
// end in a leap second, unlike the texts for a time.Time.
func isDateTime(s string) bool {
	if len(s) < len("2006-01-02T15:04:05Z") || !isDate(s[:10]) || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return false
	}
	hour, minute, second := twoDigits(s[11:]), twoDigits(s[14:]), twoDigits(s[17:])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return false
	}
	zone := s[19:]
	if zone[0] == '.' {
		zone = strings.TrimLeft(zone[1:], "0123456789")
		if len(s)-len(zone) == len("2006-01-02T15:04:05.") {
			return false
		}
	}
	offset, ok := zoneOffset(zone)
	if second < 60 {
		return ok
	}
	const day = 24 * 60 // a leap second is the last second of a day in UTC
	return ok && (hour*60+minute-offset+day)%day == day-1
}

// zoneOffset returns the minutes of a time-offset of RFC 3339, such as +01:00. It returns false for
// any other text.
func zoneOffset(s string) (minutes int, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != len("+01:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hour, minute := twoDigits(s[1:]), twoDigits(s[4:])
	if minutes = hour*60 + minute; s[0] == '-' {
		minutes = -minutes
	}
	return minutes, hour >= 0 && hour < 24 && minute >= 0 && minute < 60
}

// isEmail reports whether s is an address such as ann@example.com. Of what RFC 5321 allows, it
// rejects a quoted local part and an IP address in brackets, which clients send only by mistake.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(local) > 64 || len(s) > 254 || !isDomain(domain) {
		return false
	}
	for more := true; more; {
		var atom string
		atom, local, more = strings.Cut(local, ".")
		if !isAtom(atom) {
			return false
		}
	}
	return true
}

// isAtom reports whether s is an atom as defined in RFC 5321, section 4.1.2.
func isAtom(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLetter(c) && !isDigit(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isDomain reports whether s consists of labels as in RFC 1034, section 3.5, of which the first may
// begin with a digit (RFC 1123, section 2.1).
func isDomain(s string) bool {
	if len(s) > 253 {
		return false
	}
	for more := true; more; {
		var label string
		label, s, more = strings.Cut(s, ".")
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			if c := label[i]; !isLetter(c) && !isDigit(c) && c != '-' {
				return false
			}
		}
	}
	return true
}

// isIPv4 reports whether s is an IPv4 address such as 192.0.2.1.
func isIPv4(s string) bool {
	if len(s) > len("255.255.255.255") {
		return false
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

// isIPv6 reports whether s is an IPv6 address such as 2001:db8::1, without a zone.
func isIPv6(s string) bool {
	if len(s) > len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255") || strings.Contains(s, "%") {
		return false
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6()
}

// isURI reports whether s is a URI of RFC 3986, which has a scheme and no character that must be
// escaped.
func isURI(s string) bool {
	s, fragment, _ := strings.Cut(s, "#")
	s, query, _ := strings.Cut(s, "?")
	scheme, path, ok := strings.Cut(s, ":")
	if !ok || !isScheme(scheme) || !hasOnly(fragment, pathChars+"?") || !hasOnly(query, pathChars+"?") {
		return false
	}
	if authority, ok := strings.CutPrefix(path, "//"); ok {
		path = ""
		if i := strings.IndexByte(authority, '/'); i >= 0 {
			authority, path = authority[:i], authority[i:]
		}
		if !isAuthority(authority) {
			return false
		}
	}
	return hasOnly(path, pathChars)
}

// The characters other than letters, digits and escapes that parts of a URI may have.
const (
	nameChars = "-._~!$&'()*+,;=" // the name of a host
	pathChars = nameChars + ":@/"
)

// hasOnly reports whether s consists of letters, digits, escapes such as %20, and the other
// characters given.
func hasOnly(s, others string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isLetter(c) || isDigit(c):
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		case strings.IndexByte(others, c) < 0:
			return false
		}
	}
	return true
}

// isScheme reports whether s is the scheme of a URI.
func isScheme(s string) bool {
	return s != "" && isLetter(s[0]) && hasOnly(s, "+-.") && !strings.Contains(s, "%")
}

// isAuthority reports whether s is the authority of a URI: user information, host and port.
func isAuthority(s string) bool {
	if user, host, ok := strings.Cut(s, "@"); ok {
		if s = host; !hasOnly(user, nameChars+":") {
			return false
		}
	}
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.Contains(s[i:], "]") {
		host, port = s[:i], s[i+1:]
	}
	if strings.Trim(port, "0123456789") != "" {
		return false
	}
	if strings.HasPrefix(host, "[") {
		return strings.HasSuffix(host, "]") && isIPLiteral(host[1:len(host)-1])
	}
	return hasOnly(host, nameChars)
}

// isIPLiteral reports whether s may be in brackets as the host of a URI: an IPv6 address, or one of
// a version to come, such as v7.x.
func isIPLiteral(s string) bool {
	if s == "" || s[0]|0x20 != 'v' {
		return isIPv6(s)
	}
	version, address, _ := strings.Cut(s[1:], ".")
	for i := 0; i < len(version); i++ {
		if !isHex(version[i]) {
			return false
		}
	}
	return version != "" && address != "" && hasOnly(address, nameChars+":") && !strings.Contains(address, "%")
}

// isUUID reports whether s has the form of a UUID (RFC 9562), in either letter case.
func isUUID(s string) bool {
	if len(s) != len("01234567-89ab-cdef-0123-456789abcdef") {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isHex(s[i]) {
				return false
			}
		}
	}
	return true
}

// isLetter reports whether c is an ASCII letter.
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isDigit reports whether c is an ASCII digit.
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isHex reports whether c is a hexadecimal digit.
func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
