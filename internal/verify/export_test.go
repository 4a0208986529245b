package verify

// A HelperRow is what tests see of the table of helpers.
type HelperRow struct {
	ID        int32
	Args      string
	Gives     byte
	Only, Not string
	TakesMap  func(mapType string) bool
	KnownMaps []string // that it takes, where those are few
}

// HelperRows are those of the table.
func HelperRows() []HelperRow {
	var list []HelperRow
	for _, r := range helperTable {
		list = append(list, HelperRow{r.id, r.args, r.gives, r.only, r.not, func(t string) bool { return mapFits(t, r.id) }, mapsOf(r.id)})
	}
	return list
}

// A KernelRow is what tests see of the table of kernel functions.
type KernelRow struct {
	Name     string
	Acquires bool
	Opens    bool // or ends, a section or an iterator; or it sleeps
}

// KernelRows are those of the table.
func KernelRows() []KernelRow {
	var list []KernelRow
	for _, r := range functions {
		list = append(list, KernelRow{r.name, r.has(acquires), r.has(entersRCU | leavesRCU | stopsPreemption | allowsPreemption | savesFlags | restoresFlags | begins | steps | finishes | sleeps)})
	}
	return list
}
