// Package misuse is a collection of mistakes that people make who are new to bpfsmith: with the language, with maps, options, attachments,
// ops structs, links, targets and with the commands. Most are found without a kernel. There is one file for each kind of mistake, and in
// it a table with a row for each mistake: the code as a newcomer would write it, with the line of the mistake marked
//
//	// here
//
// The message that the mistake gets is in testdata, in a file for each kind. Tests compare the whole message, and its line with the marked
// one. Lines are written as "here", or as a distance from it, so an edit elsewhere in a file changes nothing. To write the messages again,
// after a change that should show in them:
//
//	go test ./internal/test/misuse -update     as root, on Linux 6.18, for all of them
//
// A message should lead to the correction without any other text: it says what is wrong, where, and what to do. Each row was read with
// that question. A row that does not pass has the reason in its field lacks, and a test limits how many these may be.
//
// Wrong programs that the kernel's verifier refuses are another collection: package mistakes.
package misuse
