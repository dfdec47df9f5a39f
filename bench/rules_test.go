package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// itemWith returns itemJSON with some texts replaced, given as pairs of old and new.
func itemWith(t *testing.T, oldnew ...string) string {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if strings.Count(itemJSON, oldnew[i]) != 1 {
			t.Fatalf("%q is not once in the item", oldnew[i])
		}
	}
	return strings.NewReplacer(oldnew...).Replace(itemJSON)
}

// TestVerdicts checks that all peers with rules accept and reject the same requests. A peer that
// checks less, or another thing, would have other work at T9 and T10.
func TestVerdicts(t *testing.T) {
	const name, price = `"Espresso machine"`, `"price":1549.95`
	const tags = `["kitchen","coffee","office","refurbished"]`
	_, rest, _ := strings.Cut(itemJSON, `"description":`)
	description, _, _ := strings.Cut(rest, `,"stock"`)
	text := func(n int, s string) string { return `"` + strings.Repeat(s, n) + `"` }
	body := func(oldnew ...string) message { return postProduct(itemWith(t, oldnew...)) }
	tests := []struct {
		what    string
		message message
		good    bool
	}{
		{"the item", body(), true},
		{"a name of 3 characters", body(name, text(3, "x")), true},
		{"a name of 80 characters in 160 bytes", body(name, text(80, "é")), true},
		{"a description of 400 characters in 800 bytes", body(description, text(400, "é")), true},
		{"stock 0", body(`"stock":17`, `"stock":0`), true},
		{"stock 10000", body(`"stock":17`, `"stock":10000`), true},
		{"1 tag", body(tags, `["gift"]`), true},
		{"8 tags", body(tags, `["kitchen","coffee","office","refurbished","garden","outdoor","sale","new"]`), true},
		{"price 0.01", body(price, `"price":0.01`), true},
		{"not active", body("true", "false"), true},
		{"without what may be absent", postProduct(`{"name":"Cup","sku":"CUP-0001-A1","tags":["new"],"price":1}`), true},

		{"no name", body(`"name":"Espresso machine",`, ""), false},
		{"an empty name", body(name, `""`), false},
		{"a name of 2 characters in 4 bytes", body(name, text(2, "é")), false},
		{"a name of 81 characters", body(name, text(81, "x")), false},
		{"a name that is a number", body(name, "7"), false},
		{"no sku", body(`"sku":"ESP-2041-B2",`, ""), false},
		{"a sku in lower case", body("ESP-2041-B2", "esp-2041-b2"), false},
		{"a sku with text before it", body("ESP-2041-B2", "x ESP-2041-B2"), false},
		{"a sku with text after it", body("ESP-2041-B2", `ESP-2041-B2\n`), false},
		{"a description of 401 characters", body(description, text(401, "x")), false},
		{"stock -1", body(`"stock":17`, `"stock":-1`), false},
		{"stock 10001", body(`"stock":17`, `"stock":10001`), false},
		{"stock 1.5", body(`"stock":17`, `"stock":1.5`), false},
		{"stock that is a string", body(`"stock":17`, `"stock":"17"`), false},
		{"no tags", body(`"tags":`+tags+`,`, ""), false},
		{"an empty list of tags", body(tags, "[]"), false},
		{"9 tags", body(tags, `["kitchen","coffee","office","refurbished","garden","outdoor","sale","new","spare"]`), false},
		{"a tag twice", body("office", "coffee"), false},
		{"an unknown tag", body("office", "bathroom"), false},
		{"a tag that is a number", body(`"office"`, "7"), false},
		{"no price", body(","+price, ""), false},
		{"price 0", body(price, `"price":0`), false},
		{"price -1", body(price, `"price":-1`), false},
		{"active that is a string", body("true", `"true"`), false},
		{"a list", postProduct("[" + itemJSON + "]"), false},
		{"half an item", postProduct(itemJSON[:150]), false},

		{"a query", postDelivery(deliveryQuery, itemJSON), true},
		{"branch 1", postDelivery("?branch=1&lang=fr", itemJSON), true},
		{"branch 500", postDelivery("?lang=en&branch=500", itemJSON), true},
		{"branch 0", postDelivery("?branch=0&lang=de", itemJSON), false},
		{"branch 501", postDelivery("?branch=501&lang=de", itemJSON), false},
		{"branch x", postDelivery("?branch=x&lang=de", itemJSON), false},
		{"no branch", postDelivery("?lang=de", itemJSON), false},
		{"no lang", postDelivery("?branch=12", itemJSON), false},
		{"an unknown lang", postDelivery("?branch=12&lang=xx", itemJSON), false},
		{"no query", postDelivery("", itemJSON), false},
		{"a query and a bad item", postDelivery(deliveryQuery, itemWith(t, `"stock":17`, `"stock":-1`)), false},
		{"a bad query and a bad item", postDelivery(faultyQuery, faultyJSON), false},
	}
	for _, p := range peers {
		if !p.does(taskNamed(t, "T9")) {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			d := newDriver(p.app(plain), nil)
			d.writer.keep = true
			for _, tt := range tests {
				d.calls = []call{{tt.message.request(), tt.message.body}}
				d.op()
				if s := d.writer.status; tt.good && s != 201 || !tt.good && s != 400 && s != 422 {
					t.Errorf("%s: status %d, want it good: %t; body %.300s", tt.what, s, tt.good, d.writer.body)
				}
			}
		})
	}
}

// TestFaultsNamed checks that each peer's response at T10 names every field with a fault.
func TestFaultsNamed(t *testing.T) {
	for _, p := range peers {
		if !p.does(taskNamed(t, "T10")) {
			continue
		}
		d := newDriver(p.app(plain), []message{postDelivery(faultyQuery, faultyJSON)})
		d.writer.keep = true
		d.op()
		var v any
		if err := json.Unmarshal(d.writer.body, &v); err != nil {
			t.Errorf("%s: %v in %s", p.name, err, d.writer.body)
			continue
		}
		for _, field := range faultyFields {
			if !regexp.MustCompile(`(?i)\b` + field + `\b`).MatchString(strings.Join(texts(v), "\n")) {
				t.Errorf("%s: does not name %s: %s", p.name, field, d.writer.body)
			}
		}
	}
}

// texts returns all strings in a JSON value, without the names of members.
func texts(v any) (list []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			list = append(list, texts(e)...)
		}
	case []any:
		for _, e := range v {
			list = append(list, texts(e)...)
		}
	default:
		list = append(list, fmt.Sprint(v))
	}
	return list
}
