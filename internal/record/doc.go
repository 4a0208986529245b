// Package record is between those who write programs and package compile. A front end writes a function with a [Builder], value by
// value, and compile reads it.
//
// A front end knows its language: package dsl runs Go functions over values, and another one may read Go source. What numbers do is the
// same for all front ends, and is here once: how registers hold them ([Width]), how they are cut, widened, compared, shifted by the
// width or more, and read from memory. Widths are known only when the front end runs.
package record
