//go:build !goexperiment.jsonv2

package apiroute_test

// jsonIsStrict reports whether encoding/json/v2 decodes, which rejects some texts that
// encoding/json accepts.
const jsonIsStrict = false
