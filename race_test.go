//go:build race

package apiroute

// raceEnabled tells tests that count allocations that the counts are not those
// of a program.
const raceEnabled = true
