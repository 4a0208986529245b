// Package cover says which lines of programs a test has run, in the format of Go's coverage profiles.
//
// # The problem
//
// A program is a Go function that runs once, when the program is made. So for go test -coverprofile all of its lines have run, also those
// of branches that the program never took. What counts is which instructions have run in the machine, and each instruction knows its line.
//
// # Within Go's profile
//
// A package whose tests begin with
//
//	func TestMain(m *testing.M) { os.Exit(cover.Main(m)) }
//
// has the lines of its programs in the profile of go test -coverprofile=c.out: go tool cover -html=c.out colours the algorithm. For
// lines of programs, the counts of instructions take the place of Go's own. Packages structopstest and progtest record; other tests call
// [Record]. Where programs are in another package than the tests, -coverpkg is not needed: the lines of programs are there anyway.
//
// [Main] also lists branches that went only one way, each with its line and the lines where it goes on. go test -v shows the list.
//
// # Without TestMain
//
// With BPFSMITH_COVERPROFILE=/tmp/bpf.out in the environment, the same tests of any package add the lines of their programs to that file.
// It has only these lines, in the same format. Beside it, /tmp/bpf.out.branches has the branches. The tool does this for whole
// modules: bpfsmith cover ./... runs the tests, writes one profile and lists the branches.
//
// # What is counted
//
// A line counts as often as its instruction that ran most often. Lines without instructions have no colour: the compiler has made
// them part of other lines, or left them out. It may also move a line without effects in front of its branch: then the line counts as
// run, and only the list of branches says that the branch was never taken. When nothing asks for coverage, nothing is recorded, and
// programs run at full speed.
package cover
