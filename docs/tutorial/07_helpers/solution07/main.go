// Exercise 7: the full seconds since the machine was started.
package main

import (
	"github.com/bpfsmith/bpfsmith/docs/tutorial/exercise"
	"github.com/bpfsmith/bpfsmith/dsl"
	"github.com/bpfsmith/bpfsmith/helper"
)

func seconds(f *dsl.Fn) dsl.U64 {
	return helper.KtimeGetNs(f).Div(1_000_000_000)
}

func main() { exercise.Report(exercise.Helpers(seconds)) }
