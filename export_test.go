package apiroute

// RaceEnabled tells the tests of package apiroute_test whether the race detector is on.
const RaceEnabled = raceEnabled
