package syscall

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"runtime"
	"time"
	"unsafe"
)

// ProgTestRun runs a program on made-up input, without attaching it. Not all types can be run; the kernel then returns ENOTSUPP
// or EINVAL. If an output buffer is too small, it returns ENOSPC.
func ProgTestRun(a *TestRunAttr) (*TestRunResult, error) {
	num, err := a.Prog.acquire("program")
	if err != nil {
		return nil, &Error{Command: CmdProgTestRun, Errno: err}
	}
	defer a.Prog.release()

	ctx := a.CtxIn
	var pins runtime.Pinner // the kernel gets addresses that the garbage collector does not see
	defer pins.Unpin()
	if len(a.CtxPointers) > 0 {
		ctx = append([]byte(nil), a.CtxIn...)
		for _, p := range a.CtxPointers {
			if p.Offset < 0 || p.Offset%8 != 0 || p.Offset > len(ctx)-8 || len(p.Data) == 0 {
				return nil, &Error{Command: CmdProgTestRun, Errno: fmt.Errorf(
					"pointer to %d bytes at offset %d of a context of %d bytes: offsets are multiples of 8, and there must be "+
						"something to point to: %w",
					len(p.Data), p.Offset, len(ctx), fs.ErrInvalid)}
			}
			data := unsafe.SliceData(p.Data)
			pins.Pin(data)
			binary.NativeEndian.PutUint64(ctx[p.Offset:], uint64(uintptr(unsafe.Pointer(data))))
		}
	}
	attr := testRunAttr{
		dataIn: bytesPointer(a.DataIn), dataOut: bytesPointer(a.DataOut),
		ctxIn: bytesPointer(ctx), ctxOut: bytesPointer(a.CtxOut),
	}
	err = uninterrupted(func() error {
		// The kernel writes some of these, so each try sets all.
		attr.progFD = uint32(num)
		attr.retval, attr.duration = 0, 0
		attr.dataSizeIn, attr.dataSizeOut = uint32(len(a.DataIn)), uint32(len(a.DataOut))
		attr.ctxSizeIn, attr.ctxSizeOut = uint32(len(ctx)), uint32(len(a.CtxOut))
		attr.repeat, attr.flags, attr.cpu, attr.batchSize = a.Repeat, uint32(a.Flags), a.CPU, a.BatchSize
		return bpfZero(CmdProgTestRun, &attr)
	})
	if err != nil {
		return nil, fail(request{command: CmdProgTestRun}, fmt.Sprintf("fd %d", num), err)
	}
	return &TestRunResult{
		RetVal:   attr.retval,
		Duration: time.Duration(attr.duration),
		DataOut:  a.DataOut[:min(len(a.DataOut), int(attr.dataSizeOut))],
		CtxOut:   a.CtxOut[:min(len(a.CtxOut), int(attr.ctxSizeOut))],
	}, nil
}
