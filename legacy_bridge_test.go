package apiroute_test

import "example.com/apiroute"

// These names come from test files that are still in package apiroute; see legacy_test.go. Delete
// this file when they are in this package.
var (
	bindFuzzSeeds = apiroute.BindFuzzSeeds
)
