//go:build goexperiment.jsonv2 && go1.27

package apiroute_test

import (
	"bytes"
	"encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"errors"
	"reflect"
	"testing"

	"example.com/apiroute"
)

// FuzzJSONStrict compares the decoding of a body with encoding/json/v2, which is told that names
// match exactly, that each is there once, and that text is Unicode.
func FuzzJSONStrict(f *testing.F) {
	for _, s := range fuzzJSONSeeds() {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, reject bool) {
		var got, want fuzzDoc
		var decodeErr error
		api := apiroute.New(quiet(), apiroute.NoBodyLimit(), apiroute.RejectUnknown(reject))
		api.Post("/", func(req *apiroute.Request, _ *apiroute.Response) error {
			decodeErr = req.JSON(&got)
			return decodeErr
		})
		serveRecorder(api, newRequest("POST", "/", string(data), sendsJSON))
		if e := (*apiroute.Error)(nil); decodeErr != nil && (!errors.As(decodeErr, &e) || e.Status != 400) {
			t.Fatalf("%q: %v, want a 400", data, decodeErr)
		}
		err := jsonv2.Unmarshal(data, &want, json.DefaultOptionsV1(), json.ReportErrorsWithLegacySemantics(false),
			jsonv2.MatchCaseInsensitiveNames(false), jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false), jsonv2.RejectUnknownMembers(reject))
		null := string(bytes.Trim(data, " \t\r\n")) == "null"
		if (decodeErr != nil) != (err != nil || null) {
			t.Fatalf("%q: %v, encoding/json/v2: %v", data, decodeErr, err)
		}
		if decodeErr == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %+v, encoding/json/v2: %+v", data, got, want)
		}
	})
}

// A textKeeperFrom decodes itself with a method of encoding/json/v2 and keeps the text, which is
// forbidden. encoding/json alone could not fill the channel.
type textKeeperFrom struct {
	text []byte
	Done chan bool
}

func (k *textKeeperFrom) UnmarshalJSONFrom(d *jsontext.Decoder) (err error) {
	k.text, err = d.ReadValue()
	return err
}

// See TestEndpointKeeps.
func TestEndpointKeepsFrom(t *testing.T) {
	t.Parallel()
	digit := func(i int) string { return `"` + string(rune('0'+i)) + `"` }
	for i, in := range keptInputs[wholeBody[textKeeperFrom]](t, digit).([]wholeBody[textKeeperFrom]) {
		if got := string(in.Body.text); got != digit(i) {
			t.Errorf("request %d: got %s, want %s", i, got, digit(i))
		}
	}
}
