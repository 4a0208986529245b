// Package page shows a log of the kernel's verifier as one HTML page: the log next to the Go source that it quotes, or next to the
// instructions when there is no source. It is a separate package so that programs that only load and explain do not contain templates.
//
// # What is on it
//
// The top of the page shows the mistake, what it means and what to do, as [verifierlog.Explain] found them, and how the wrong value was
// computed. Below is the log. It shows the path that failed; lines of other paths are folded. When you choose an instruction, with the
// mouse or with j and k, the page shows its source line and the value of each register before and after it. When you choose a register,
// the page shows where its value came from, back along that path. The question mark lists the keys.
//
// The page is one file and loads nothing from the network, so it can be mailed, archived and opened years later. The log may contain texts
// that a stranger chose, such as names of maps and files. The page shows them only as text.
//
// # How it is made
//
// [Write] reads the log once into rows, one for each line, and follows the verifier's walk through them as package verifierlog does: each
// row with a state knows the row before it on its path. The template in static makes the page from the rows. The script in the page finds
// states by going back from row to row.
package page
