package playground

import (
	"encoding/json"
	"fmt"
)

// maxInput is the most bytes of a request: a browser keeps several copies of it.
const maxInput = 16 << 20

// A Playground answers requests, one at a time.
type Playground struct {
	session *session // of the last step; nil if there was none
}

// New makes a playground.
func New() *Playground { return new(Playground) }

// requests has the function for each request by its name. It gets the rest of the request.
var requests = map[string]func(p *Playground, request []byte) (answer any, err error){
	"about":   answerWith((*Playground).about),
	"explain": answerWith((*Playground).explain),
	"program": answerWith((*Playground).program),
	"step":    answerWith((*Playground).step),
}

// answerWith makes a function for the table of one with types.
func answerWith[In, Out any](f func(*Playground, In) (Out, error)) func(*Playground, []byte) (any, error) {
	return func(p *Playground, request []byte) (any, error) {
		var in In
		if err := json.Unmarshal(request, &in); err != nil {
			return nil, fmt.Errorf("the request cannot be read: %w", err)
		}
		return f(p, in)
	}
}

// A refusal is the answer to a request that cannot be answered.
type refusal struct {
	Error string `json:"error"`
}

// Answer answers a request. It does not panic.
func (p *Playground) Answer(name string, request []byte) []byte {
	f, ok := requests[name]
	switch {
	case !ok:
		return encode(refusal{fmt.Sprintf("there is no request %q", name)})
	case len(request) > maxInput:
		return encode(refusal{fmt.Sprintf("the input has %d bytes; at most %d are taken here, and any number by the command bpfsmith",
			len(request), maxInput)})
	}
	return guarded(func() (any, error) { return f(p, request) })
}

// guarded encodes what f returns. A panic is a defect of ours, and an answer too: the page must go on.
func guarded(f func() (any, error)) (answer []byte) {
	defer func() {
		if r := recover(); r != nil {
			answer = encode(refusal{fmt.Sprintf("the playground has a defect, please report it with the input: %v", r)})
		}
	}()
	out, err := f()
	if err != nil {
		return encode(refusal{err.Error()})
	}
	return encode(out)
}

// encode is json.Marshal for values that always have a JSON form.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"error":"the answer cannot be written"}`)
	}
	return text
}
