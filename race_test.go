//go:build race

package apiroute

// raceEnabled reports whether the race detector is on. It allocates too, so tests that count
// allocations cannot run then.
const raceEnabled = true
