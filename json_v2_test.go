//go:build goexperiment.jsonv2

package apiroute

// respStrict is whether encoding/json/v2 refuses what encoding/json takes.
const respStrict = true
