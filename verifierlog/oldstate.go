package verifierlog

import "strings"

// Linux 4.9 to 4.13 print states in other words:
//
//	R0=imm6,min_value=6,max_value=6 R1=inv R2=inv56 R3=inv,min_value=0,max_value=15 R4=pkt(id=0,off=0,r=14) R10=fp fp-24=imm
//
// imm6 is the number 6. inv is any number, and inv56 one whose 56 upper bits are zero: later kernels print the number 56 like this.

// isOldState reports whether a state is printed like this: R10 is the stack pointer, without an offset.
func isOldState(s *PrintedState) bool {
	for i := len(s.Values) - 1; i >= 0; i-- {
		if s.Values[i].Place.Register == 10 {
			return s.Values[i].Text == "fp"
		}
	}
	return false
}

// modernise replaces the words by those of later kernels.
func (s *PrintedState) modernise() {
	for i := range s.Values {
		v := &s.Values[i]
		base, limits, _ := strings.Cut(v.Text, ",")
		number, constant := strings.CutPrefix(base, "imm")
		switch {
		case v.Text == "fp":
			v.Text = "fp0"
		case constant && number != "":
			v.Text = "inv" + number
		case constant, strings.HasPrefix(base, "inv"):
			v.Text = "inv"
			low, high, ok := strings.Cut(limits, ",")
			low, high = strings.TrimPrefix(low, "min_value="), strings.TrimPrefix(high, "max_value=")
			if ok && !strings.HasPrefix(low, "-") {
				v.Text = "inv(smin_value=" + low + ",umax_value=" + high + ")"
			}
		}
	}
}
