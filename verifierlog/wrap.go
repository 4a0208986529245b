package verifierlog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible makes a text safe for a terminal: tabs become blanks, and bytes that move the cursor or change colours become question marks.
// A log may contain names that the author of a program chose.
func visible(text string) string {
	text = strings.ReplaceAll(text, "\t", "    ")
	return strings.Map(func(c rune) rune {
		if c != '\n' && !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, text)
}

// wrap writes prose: a lead in colour, then the text. Later lines are indented like the first.
func (p *printer) wrap(lead, color, text string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	for i, line := range wrapText(text, p.Width-len(indent)) {
		if i == 0 {
			p.b.WriteString(p.paint(color, lead) + line + "\n")
		} else {
			p.b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
		}
	}
}

// wrapText breaks prose at blanks into lines of a width. It keeps line ends, and indented lines, which are code. It returns at least one
// line.
func wrapText(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(paragraph, " ") {
			lines = append(lines, paragraph)
			continue
		}
		var items []string
		for _, word := range strings.Fields(paragraph) {
			if utf8.RuneCountInString(word) > width { // a value in the prose
				items = append(items, wrapCode(word, width)...)
			} else {
				items = append(items, word)
			}
		}
		lines = append(lines, wrapItems(items, width)...)
	}
	return lines
}

// wrapItems puts items on lines of a width, with blanks between them. An item that is too long gets its own line.
func wrapItems(items []string, width int) []string {
	lines := []string{""}
	for _, item := range items {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = item
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(item) <= width:
			*last += " " + item
		default:
			lines = append(lines, item)
		}
	}
	return lines
}

// wrapCode breaks a text that is not prose: after commas or blanks if there are any, otherwise anywhere.
func wrapCode(text string, width int) []string {
	var lines []string
	width = max(width, 8)
	text = cut(text, 50*width) // more of one text would not help
	for utf8.RuneCountInString(text) > width {
		end := len(string([]rune(text)[:width]))
		if i := strings.LastIndexByte(text[:end], ','); i > end/2 {
			end = i + 1
		} else if i := strings.LastIndexByte(text[:end], ' '); i > end/2 {
			end = i + 1
		}
		lines = append(lines, strings.TrimRight(text[:end], " "))
		text = text[end:]
	}
	return append(lines, text)
}

// cut shortens a text to a width.
func cut(text string, width int) string {
	width = max(width, 1)
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}
