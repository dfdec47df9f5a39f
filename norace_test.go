//go:build !race

package apiroute

const raceEnabled = false
