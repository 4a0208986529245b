// Package job is the protocol between the matrix and its guests: the file that tells a guest what to do, and the lines that tell the
// matrix what the guest did.
package job

import "encoding/json"

// Path is where the guest finds its job.
const Path = "/job.json"

// A Job is what a guest does between its start and its end.
type Job struct {
	Modules []string // kernel modules to load, in this order
	Tests   []Test
}

// A Test is one test binary to run.
type Test struct {
	Package string // for the lines that frame its output
	Dir     string // where to run it: the package's folder
	Binary  string
	Args    []string
	Env     []string
}

// The lines of a guest on the second serial port. Each begins with Mark, then
// the word, a blank, and a JSON value. The lines between Start and End of a
// test are its output.
const (
	Mark  = "=== matrix "
	Ready = "ready" // Boot
	Start = "start" // the package
	End   = "end"   // Result
	Error = "error" // the error of /init
	Done  = "done"  // null; nothing comes after it
)

// A Boot describes the machine when /init is ready to run tests.
type Boot struct {
	Release string  // of the kernel
	Uptime  float64 // seconds
}

// A Result is how a test binary ended.
type Result struct {
	Package string
	Exit    int // -1 when it could not be started or was killed
	Seconds float64
}

// Line makes a line of the protocol, without the newline.
func Line(word string, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		text = []byte("null")
	}
	return Mark + word + " " + string(text)
}
