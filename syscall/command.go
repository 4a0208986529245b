package syscall

import "strconv"

// A Command is a command of bpf(2), by its number.
type Command uint32

// The commands that this package calls (enum bpf_cmd, include/uapi/linux/bpf.h).
const (
	CmdMapCreate     Command = 0
	CmdMapLookup     Command = 1
	CmdMapUpdate     Command = 2
	CmdMapDelete     Command = 3
	CmdMapGetNextKey Command = 4
	CmdProgLoad      Command = 5
	CmdObjPin        Command = 6
	CmdObjGet        Command = 7
	CmdProgTestRun   Command = 10
	CmdProgGetNextID Command = 11
	CmdMapGetNextID  Command = 12
	CmdProgGetFDByID Command = 13
	CmdMapGetFDByID  Command = 14
	CmdObjGetInfo    Command = 15
	CmdRawTracepoint Command = 17
	CmdBTFLoad       Command = 18
	CmdBTFGetFDByID  Command = 19
	CmdMapTake       Command = 21
	CmdMapFreeze     Command = 22
	CmdBTFGetNextID  Command = 23
	CmdMapLookupMany Command = 24
	CmdMapTakeMany   Command = 25
	CmdMapUpdateMany Command = 26
	CmdMapDeleteMany Command = 27
	CmdLinkCreate    Command = 28
	CmdLinkUpdate    Command = 29
	CmdLinkGetFDByID Command = 30
	CmdLinkGetNextID Command = 31
	CmdEnableStats   Command = 32
	CmdLinkDetach    Command = 34
)

var commandNames = [...]string{
	CmdMapCreate:     "map create",
	CmdMapLookup:     "map lookup",
	CmdMapUpdate:     "map update",
	CmdMapDelete:     "map delete",
	CmdMapGetNextKey: "map next key",
	CmdProgLoad:      "prog load",
	CmdObjPin:        "pin",
	CmdObjGet:        "get pinned object",
	CmdProgTestRun:   "prog test run",
	CmdProgGetNextID: "prog next id",
	CmdMapGetNextID:  "map next id",
	CmdProgGetFDByID: "prog by id",
	CmdMapGetFDByID:  "map by id",
	CmdObjGetInfo:    "object info",
	CmdRawTracepoint: "raw tracepoint open",
	CmdBTFLoad:       "btf load",
	CmdBTFGetFDByID:  "btf by id",
	CmdMapTake:       "map lookup and delete",
	CmdMapFreeze:     "map freeze",
	CmdBTFGetNextID:  "btf next id",
	CmdMapLookupMany: "map lookup batch",
	CmdMapTakeMany:   "map lookup and delete batch",
	CmdMapUpdateMany: "map update batch",
	CmdMapDeleteMany: "map delete batch",
	CmdLinkCreate:    "link create",
	CmdLinkUpdate:    "link update",
	CmdLinkGetFDByID: "link by id",
	CmdLinkGetNextID: "link next id",
	CmdEnableStats:   "enable stats",
	CmdLinkDetach:    "link detach",
}

// String returns what errors call the command: "map create", "prog load".
func (c Command) String() string { return nameOf(commandNames[:], uint32(c), "bpf command") }

// nameOf looks a value up in a table of names; a value newer than the table prints as its number.
func nameOf(names []string, v uint32, what string) string {
	if uint64(v) < uint64(len(names)) && names[v] != "" {
		return names[v]
	}
	return what + " " + strconv.FormatUint(uint64(v), 10)
}
