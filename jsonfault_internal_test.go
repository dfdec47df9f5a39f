package apiroute

// firstFault returns the name and the detail of the first fault, "" if there is
// none.
func firstFault(faults []FieldError) (path, detail string) {
	if faults == nil {
		return "", ""
	}
	return faults[0].Name, faults[0].Detail
}
