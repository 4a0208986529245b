package verifierlog

import (
	"strconv"
	"strings"
)

// A Note says what a step had to do with a mistake. It is data; String has the English.
type Note struct {
	Kind   NoteKind
	Callee string // the called function; "" where the note is not about one
	Place  string // what a value was in, as printed: "R6"
	Was    string // that value, as printed: "pkt(off=14,r=14)"
	N      int    // a number of bytes, of an instruction or of a reference, by Kind
	Times  int    // how often, at least
}

// A NoteKind says what a Note is about. The zero NoteKind, NoNote, is no note.
type NoteKind uint8

// The kinds of notes.
const (
	NoNote            NoteKind = iota
	ReadFromStack              // a value that was kept there
	KeptOnStack                // a whole value
	PartWritten                // N bytes of a slot
	PartOverwritten            // of the pointer Was
	PointerFromStruct          // of the kernel
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
	BeginsEmpty     // a function begins with no other values than its arguments
	ResultOf        // a function of the program
	ComparisonTells // something about a value
	ComparisonMute  // it tells nothing
	ProvesPacket    // N bytes
	ProvesNoPacket
	TakenAway  // Callee ended the life of what Was, in Place, led into
	MustEnd    // what has to be ended first
	TakesLock  // that is held
	BeginsIt   // a section that was not ended
	TurnsBack  // to instruction N, Times
	AlsoHolds  // the reference
	Acquires   // reference N
	LastIsLost // the last copy of the reference
	noteKinds  = iota
)

// noteTexts are the notes in English: {callee}, {place}, {was}, {n} and {times} stand for the fields.
var noteTexts = [noteKinds]string{
	NoNote:            "",
	ReadFromStack:     "reads it from the stack",
	KeptOnStack:       "kept on the stack",
	PartWritten:       "writes {n} of 8 bytes",
	PartOverwritten:   "overwrites a part of {was}",
	PointerFromStruct: "a pointer from a struct is as trusted as the field is",
	FromContext:       "from the context",
	NumberFromMemory:  "a number from memory: nothing else is known of it",
	LoadedMayBeNil:    "it may be nil",
	MayGiveNil:        "{callee} may give nil",
	GivesNothing:      "{callee} gives nothing",
	CallsWithIt:       "{callee} calls the function with it",
	WritesIt:          "{callee} writes it",
	ChangesIt:         "{callee} changes it",
	CallLosesIt:       "the call loses R1 to R5",
	ArgumentOf:        "this is an argument of the function",
	BeginsEmpty:       "a function begins with no values but R1 to R5 and R10",
	ResultOf:          "this is the result of the function",
	ComparisonTells:   "the comparison tells this about it",
	ComparisonMute:    "the comparison tells nothing about it",
	ProvesPacket:      "the comparison proves {n} bytes",
	ProvesNoPacket:    "here the comparison proves nothing of the packet",
	TakenAway:         "{callee} takes it away: {place} was {was}",
	MustEnd:           "this is what has to be ended first",
	TakesLock:         "this takes the lock",
	BeginsIt:          "this begins what was not ended",
	TurnsBack:         "this turns back to instruction {n}, at least {times}",
	AlsoHolds:         "this holds it too",
	Acquires:          "this acquires reference {n}",
	LastIsLost:        "the last copy is lost here",
}

// String is the note in English, "" for none.
func (n Note) String() string {
	if int(n.Kind) >= len(noteTexts) {
		return ""
	}
	text := noteTexts[n.Kind]
	if !strings.Contains(text, "{") {
		return text
	}
	return strings.NewReplacer("{callee}", n.Callee, "{place}", n.Place, "{was}", n.Was, "{n}", strconv.Itoa(n.N),
		"{times}", count(int64(n.Times), "time")).Replace(text)
}
