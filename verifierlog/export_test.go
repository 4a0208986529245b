package verifierlog

// RuleFor is ruleFor for tests outside of the package: the rule that says most about a line.
func RuleFor(line string) (Rule, bool) {
	r, _ := ruleFor(line)
	if r == nil {
		return Rule{}, false
	}
	return *r, true
}
