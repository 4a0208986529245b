package verifierlog

import (
	"strconv"
	"strings"
)

// A Note says what a step has to do with the mistake. It is data; String makes the English sentence.
type Note struct {
	Kind   NoteKind
	Callee string // the called function; "" when the note is not about a call
	Place  string // where the value was, as printed: "R6"
	Was    string // that value, as printed: "pkt(off=14,r=14)"
	N      int    // a number of bytes, an instruction or a reference, depending on Kind
	Times  int    // how often it happened at least

	null bool // the reader's language calls nil null
}

// A NoteKind says what a Note is about. The zero NoteKind, NoNote, means that there is no note.
type NoteKind uint8

// The kinds of notes.
const (
	NoNote            NoteKind = iota
	ReadFromStack              // a value that was saved there
	KeptOnStack                // a whole value
	PartWritten                // N bytes of a slot
	PartOverwritten            // a part of the pointer Was
	PointerFromStruct          // a struct of the kernel
	FromContext
	NumberFromMemory
	LoadedMayBeNil
	MayGiveNil      // Callee
	GivesNothing    // Callee
	CallsWithIt     // Callee calls a function of the program
	WritesIt        // Callee
	ChangesIt       // Callee
	CallLosesIt     // R1 to R5
	ArgumentOf      // a function of the program
	BeginsEmpty     // a function begins only with its arguments
	ResultOf        // a function of the program
	ComparisonTells // something about a value
	ComparisonMute  // the comparison says nothing about the value
	ProvesPacket    // N bytes
	ProvesNoPacket
	TakenAway     // Callee made the pointer Was, in Place, invalid
	MustEnd       // this must be ended first
	TakesLock     // a lock that is held
	BeginsIt      // a section that was not ended
	TurnsBack     // jumps back to instruction N, Times
	AlsoHolds     // the reference
	Acquires      // reference N
	LastIsLost    // the last copy of the reference
	BreaksPointer // the pointer Was is only a number after this arithmetic
	noteKinds     = iota
)

// noteTexts are the notes in English. {callee}, {place}, {was}, {n} and {times} are replaced by the fields.
var noteTexts = [noteKinds]string{
	NoNote:            "",
	ReadFromStack:     "reads it from the stack",
	KeptOnStack:       "saved on the stack",
	PartWritten:       "writes {n} of 8 bytes",
	PartOverwritten:   "overwrites a part of {was}",
	PointerFromStruct: "a pointer from a struct is only as trusted as the field",
	FromContext:       "from the context",
	NumberFromMemory:  "a number from memory: nothing else is known about it",
	LoadedMayBeNil:    "it may be nil",
	MayGiveNil:        "{callee} may return nil",
	GivesNothing:      "{callee} returns nothing",
	CallsWithIt:       "{callee} calls the function with it",
	WritesIt:          "{callee} writes it",
	ChangesIt:         "{callee} changes it",
	CallLosesIt:       "the call clears R1 to R5",
	ArgumentOf:        "this is an argument of the function",
	BeginsEmpty:       "a function begins with values only in R1 to R5 and R10",
	ResultOf:          "this is the result of the function",
	ComparisonTells:   "the comparison shows this",
	ComparisonMute:    "the comparison shows nothing about it",
	ProvesPacket:      "the comparison shows that there are {n} bytes",
	ProvesNoPacket:    "in this branch the comparison shows nothing about the packet",
	TakenAway:         "{callee} makes it invalid: {place} was {was}",
	MustEnd:           "this must be ended first",
	TakesLock:         "this takes the lock",
	BeginsIt:          "this begins the section that was not ended",
	TurnsBack:         "this jumps back to instruction {n}, at least {times}",
	AlsoHolds:         "this holds it too",
	Acquires:          "this acquires reference {n}",
	LastIsLost:        "the last copy is lost here",
	BreaksPointer:     "makes a number of the pointer",
}

// String returns the note in English, "" for NoNote.
func (n Note) String() string {
	if int(n.Kind) >= len(noteTexts) {
		return ""
	}
	text := noteTexts[n.Kind]
	if n.null {
		text = strings.ReplaceAll(text, "nil", "null")
	}
	if !strings.Contains(text, "{") {
		return text
	}
	return strings.NewReplacer("{callee}", n.Callee, "{place}", n.Place, "{was}", n.Was, "{n}", strconv.Itoa(n.N),
		"{times}", count(int64(n.Times), "time")).Replace(text)
}
