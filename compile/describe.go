package compile

import "github.com/bpfsmith/bpfsmith/internal/verify"

// Describe brings what is known of a place to a program that is checked without being compiled here.
func Describe(p *verify.Program, c *Context) {
	p.Nullable = func(n int) bool { return n < len(c.Params) && c.Params[n].Nullable }
	if c.Rules == nil {
		return
	}
	p.Casts = map[string]string{}
	for _, cast := range c.Rules.Casts {
		p.Casts[cast.From] = cast.To
	}
	for _, w := range c.Rules.Writable {
		p.Writable = append(p.Writable, verify.Field(w))
	}
	p.HelperForbidden = c.Rules.HelperForbidden
	if forbidden := c.Rules.KernelForbidden; forbidden != nil {
		p.KernelForbidden = func(name string) string {
			why, _ := forbidden(name)
			return why
		}
	}
}
