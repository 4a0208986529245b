// Package page shows a log of the kernel's verifier as one HTML page: the log beside the Go source that it quotes, or beside the instructions
// where there is no source. It is a package of its own so that programs which load others, and explain what the kernel refuses, need not carry
// templates.
//
// # What is on it
//
// At the top stand the mistake, what it means and what helps, as [verifierlog.Explain] found them, and how the value that broke the rule came to be.
// Below is the log. The path that failed is shown, and what belongs to other paths is folded. Whoever chooses an instruction, with the mouse or
// with j and k, sees its line of source and what each register held before it and after it; whoever chooses a register sees where its value came
// from, back along that path. The question mark lists the keys.
//
// The page is one file. It asks for nothing from the network, so it can be mailed, archived and opened years later. It is made from texts that a
// program chose, names of maps and files among them, and shows them as text only.
//
// # How it is made
//
// [Write] reads the log once into rows, one a line, and follows the verifier's walk through them as package verifierlog does: each row with a state
// knows the row before it on its path. The template in static makes the page of that; the script in it looks up states by going back from row to row.
package page
