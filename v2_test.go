//go:build goexperiment.jsonv2 && go1.27

package apiroute

import (
	"bytes"
	jsonv1 "encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"reflect"
	"testing"
)

// FuzzJSONStrict holds the decoding of a body to encoding/json/v2 with names as
// they are written, each once, and text that is Unicode.
func FuzzJSONStrict(f *testing.F) {
	for _, s := range fuzzJSONSeeds() {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, reject bool) {
		c := defaults
		c.rejectUnknown = reject
		var got, want fuzzDoc
		_, detail := firstFault(decodeJSON(data, &got, &c, false))
		err := jsonv2.Unmarshal(data, &want, jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false),
			jsonv2.MatchCaseInsensitiveNames(false), jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false), jsonv2.RejectUnknownMembers(reject))
		null := string(bytes.Trim(data, " \t\r\n")) == "null"
		if (detail != "") != (err != nil || null) {
			t.Fatalf("%q: %q, encoding/json/v2: %v", data, detail, err)
		}
		if detail == "" && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %+v, encoding/json/v2: %+v", data, got, want)
		}
	})
}

// A jsonFrom is a type that decodes itself as encoding/json/v2 has it, and keeps
// the text, as it must not; one that encoding/json alone could not fill.
type jsonFrom struct {
	text []byte
	Done chan bool
}

func (f *jsonFrom) UnmarshalJSONFrom(d *jsontext.Decoder) (err error) {
	f.text, err = d.ReadValue()
	return err
}

func TestEndpointKeepsFrom(t *testing.T) {
	digit := func(i int) string { return `"` + string(rune('0'+i)) + `"` }
	for i, in := range endpointKept[endpointWhole[jsonFrom]](t, digit).([]endpointWhole[jsonFrom]) {
		if got := string(in.Body.text); got != digit(i) {
			t.Errorf("request %d: got %s, want %s", i, got, digit(i))
		}
	}
}
