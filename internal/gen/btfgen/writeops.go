package btfgen

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bpfsmith/bpfsmith/internal/linux"
)

// writeOps writes the Go struct for an ops struct, and the Go struct that says which of its callbacks sleep.
func (g *generator) writeOps(b *bytes.Buffer, o *opsType) {
	b.WriteString(importDSL)
	text := fmt.Sprintf("%s is %s.", o.goName, o.about.is)
	if since := linux.OpsTypeNamed(o.c).Since; since != "" {
		text += " Programs can implement it since Linux " + string(since) + "."
	}
	b.WriteString("\n")
	comment(b, text)
	b.WriteString("//\n")
	comment(b, fmt.Sprintf("It stands for the kernel's struct %s: structops.Register and Validate take it. Fields that are zero are not "+
		"set. When it is registered or validated, the members that are set, and their parameters, are compared with the kernel's.", o.c))
	fmt.Fprintf(b, "type %s struct {\n", o.goName)
	for i, m := range o.data {
		m.write(b)
		if i == 0 {
			o.writeLicense(b)
		}
	}
	if len(o.data) == 0 {
		o.writeLicense(b)
	}
	for _, m := range o.callbacks {
		m.write(b)
	}
	if len(o.sleepable) > 0 {
		comment(b, fmt.Sprintf("%s says which functions are sleepable programs: these may wait, for example to allocate memory. "+
			"The others must not call anything that may sleep.", o.mark))
		fmt.Fprintf(b, "%s %s `ops:\",sleepable\"`\n", o.mark, sleepableField+o.goName)
	}
	b.WriteString("}\n\n")
	comment(b, fmt.Sprintf("KernelStruct makes %s an implementation; see structops.Implementation.", o.goName))
	fmt.Fprintf(b, "func (%s) KernelStruct() string { return %q }\n", o.goName, o.c)
	if len(o.sleepable) == 0 {
		return
	}
	b.WriteString("\n")
	comment(b, fmt.Sprintf("%s are the callbacks of %s that may sleep.", sleepableField+o.goName, o.goName))
	fmt.Fprintf(b, "type %s struct {\n", sleepableField+o.goName)
	for _, m := range o.sleepable {
		fmt.Fprintf(b, "%s bool `ops:%q`\n", m.goName, m.c)
	}
	b.WriteString("}\n")
}

func (o *opsType) writeLicense(b *bytes.Buffer) {
	comment(b, o.license+" is the licence of the programs, such as \"GPL\". It must be compatible with the GPL.")
	fmt.Fprintf(b, "%s string `ops:\",license\"`\n\n", o.license)
}

// write writes the field of a member.
func (m *opsMember) write(b *bytes.Buffer) {
	text := m.goName + " is the kernel's " + m.c + "."
	if m.about.text != "" {
		text = m.goName + " " + m.about.text
	}
	if m.about.since != "" {
		text += " Linux has it since " + m.about.since + "."
	}
	comment(b, text)
	fmt.Fprintf(b, "//\n//\t%s\n%s %s `ops:%q`\n\n", m.decl, m.goName, m.goType, m.c)
}

// lineLength is the longest line of a comment, in bytes, without the indentation.
const lineLength = 116

// comment writes a paragraph as lines of a comment.
func comment(b *bytes.Buffer, text string) {
	line := "//"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > lineLength && line != "//" {
			b.WriteString(line + "\n")
			line = "//"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
