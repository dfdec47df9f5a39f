//go:build goexperiment.jsonv2

package apiroute_test

// withJSONv2 reports whether encoding/json/v2 decodes, which rejects some texts that encoding/json
// accepts.
const withJSONv2 = true
