// Package record is what stands between those who write programs and package compile: the front ends put a function down
// with a [Builder], value by value, and compile takes it from there.
//
// A front end knows its language: package dsl runs Go functions over values, and another may read Go source. What numbers
// of a width do is the same for all, and stands here once, on widths that are known only when the front end runs: how they
// are held in registers ([Width]), cut and widened, compared, shifted by the width or more, and read from memory.
package record
