package linux

// A Version is a release of Linux, such as "6.18"; "" means none.
type Version string
