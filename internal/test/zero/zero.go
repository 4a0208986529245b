// Package zero calls methods of values that nobody made properly: nil pointers and zero structs. A user gets them from an error that was
// not looked at. They must answer with an error, not with a panic.
package zero

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// Call calls all exported methods of values, each on a nil pointer and on a pointer to a zero struct, with zero arguments. A method must
// not panic. When it can return an error it must, unless it is named in quiet: such as Close, which has nothing to do. The values are nil
// pointers of the types to try: (*Link)(nil).
func Call(t *testing.T, quiet []string, pointers ...any) {
	t.Helper()
	for _, p := range pointers {
		typ := reflect.TypeOf(p)
		for name, value := range map[string]reflect.Value{"nil": reflect.Zero(typ), "zero": reflect.New(typ.Elem())} {
			for i := range typ.NumMethod() {
				method := typ.Method(i)
				what := fmt.Sprintf("a %s %v: %s", name, typ, method.Name)
				err, returns := call(value.Method(i))
				switch {
				case errors.As(err, new(panicked)):
					t.Errorf("%s panics: %v", what, err)
				case returns && err == nil && !slices.Contains(quiet, method.Name):
					t.Errorf("%s returns no error", what)
				}
			}
		}
	}
}

// Function calls a function with zero arguments; it must return an error.
func Function(t *testing.T, name string, function any, arguments ...any) {
	t.Helper()
	f := reflect.ValueOf(function)
	if err, _ := call(f, arguments...); err == nil || errors.As(err, new(panicked)) {
		t.Errorf("%s: %v", name, err)
	}
}

// panicked is a panic as an error.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprint(p.value) }

// call calls a function; the arguments that are missing are zero. returns says whether it returns an error.
func call(f reflect.Value, arguments ...any) (err error, returns bool) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked{r}
		}
	}()
	typ := f.Type()
	in := make([]reflect.Value, 0, typ.NumIn())
	for i := range typ.NumIn() {
		switch {
		case i < len(arguments):
			in = append(in, reflect.ValueOf(arguments[i]))
		case typ.IsVariadic() && i == typ.NumIn()-1:
		default:
			in = append(in, reflect.Zero(typ.In(i)))
		}
	}
	out := f.Call(in)
	if n := typ.NumOut(); n > 0 && typ.Out(n-1) == reflect.TypeFor[error]() {
		err, _ = out[n-1].Interface().(error)
		return err, true
	}
	return nil, false
}
