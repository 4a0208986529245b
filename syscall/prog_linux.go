package syscall

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sizes of the log buffer, in bytes. The kernel's own limit is UINT32_MAX/4 (bpf_verifier_log_attr_valid, kernel/bpf/log.c); a log of
// more than maxLog is cut: its end is kept from 6.4 on, its beginning before.
const (
	firstLog = 64 << 10
	maxLog   = 128 << 20
)

// ProgLoad verifies a program and loads it.
//
// The first attempt asks for no log unless a.LogLevel is set. When the kernel refuses the program, a second attempt asks for LogBranches,
// with a buffer that grows from 64 KiB to at most 128 MiB. A signal that interrupts verification (EAGAIN; Go's runtime sends some) makes
// ProgLoad try again, up to 10 times. The error of a refused program is a [*LoadError].
func ProgLoad(a *ProgLoadAttr) (*FD, error) {
	attr, done, err := progLoadArgs(a)
	if err != nil {
		return nil, &Error{Command: CmdProgLoad, Object: quoted(a.Name), Errno: err}
	}
	defer done()
	load := func(level uint32, log []byte) (*FD, uint32, error) {
		var fd *FD
		attr.logLevel, attr.logSize, attr.logBuf, attr.logTrueSize = level, uint32(len(log)), bytesPointer(log), 0
		err := uninterrupted(func() (err error) {
			fd, err = bpfFD(CmdProgLoad, attr)
			return err
		})
		return fd, attr.logTrueSize, err
	}
	fd, log, err := loadWithLog(uint32(a.LogLevel), load)
	if a.Log != nil {
		*a.Log = log.text
	}
	if err == nil {
		return fd, nil
	}
	refused := &LoadError{Command: CmdProgLoad, Name: a.Name, Errno: err, Log: log.text, Truncated: log.truncated}
	if refused.reason() == "" {
		refused.Hint = hintFor(request{command: CmdProgLoad, progType: a.Type}, err, currentSetting)
	}
	return nil, refused
}

// progLoadArgs makes the attr of a load, without the log. Until done is called the descriptors in it stay open.
func progLoadArgs(a *ProgLoadAttr) (attr *progLoadAttr, done func(), err error) {
	funcRec, lineRec := a.FuncInfoRecSize, a.LineInfoRecSize
	if funcRec == 0 && len(a.FuncInfo) > 0 {
		funcRec = 8
	}
	if lineRec == 0 && len(a.LineInfo) > 0 {
		lineRec = 16
	}
	for _, part := range [...]struct {
		name      string
		size, rec int
	}{
		{"instructions", len(a.Instructions), 8},
		{"func_info", len(a.FuncInfo), int(funcRec)},
		{"line_info", len(a.LineInfo), int(lineRec)},
	} {
		if part.size > 0 && part.size%part.rec != 0 {
			return nil, nil, fmt.Errorf("%s of %d bytes are not whole records of %d bytes: %w", part.name, part.size,
				part.rec, fs.ErrInvalid)
		}
	}
	license, err := unix.BytePtrFromString(a.License)
	if err != nil {
		return nil, nil, fmt.Errorf("licence %q contains a NUL: %w", a.License, fs.ErrInvalid)
	}
	if a.AttachProg != nil && a.AttachBTFObjFD != nil {
		return nil, nil, fmt.Errorf("AttachProg and AttachBTFObjFD are both set, and the kernel takes one: %w", fs.ErrInvalid)
	}
	attachFD := a.AttachBTFObjFD
	if a.AttachProg != nil {
		attachFD = a.AttachProg
	}
	btf, doneBTF, err := optional(a.BTF, "BTF of the program")
	if err != nil {
		return nil, nil, err
	}
	attach, doneAttach, err := optional(attachFD, "attach target")
	if err != nil {
		doneBTF()
		return nil, nil, err
	}
	attr = &progLoadAttr{
		progType:           uint32(a.Type),
		insnCnt:            uint32(len(a.Instructions) / 8),
		insns:              bytesPointer(a.Instructions),
		license:            pointer{p: unsafe.Pointer(license)},
		progFlags:          uint32(a.Flags),
		progName:           objectName(a.Name),
		expectedAttachType: uint32(a.ExpectedAttachType),
		progBTFFD:          btf,
		attachBTFID:        a.AttachBTFID,
		attachFD:           attach,
		fdArray:            pointer{p: unsafe.Pointer(unsafe.SliceData(a.FDArray))},
	}
	if len(a.FuncInfo) > 0 {
		attr.funcInfoRecSize, attr.funcInfo, attr.funcInfoCnt = funcRec, bytesPointer(a.FuncInfo), uint32(len(a.FuncInfo)/int(funcRec))
	}
	if len(a.LineInfo) > 0 {
		attr.lineInfoRecSize, attr.lineInfo, attr.lineInfoCnt = lineRec, bytesPointer(a.LineInfo), uint32(len(a.LineInfo)/int(lineRec))
	}
	return attr, func() { doneBTF(); doneAttach() }, nil
}

// A logText is the log of a load.
type logText struct {
	text      string
	truncated bool
}

// loadWithLog runs a load command with the logs that ProgLoad's comment describes. load gets a level and a buffer and returns, beside
// the result, how large the log would have been (0 before 6.4).
//
// A buffer that is too small makes the kernel return ENOSPC *instead of* its verdict about the program, so the reason is taken from an
// attempt with a large enough buffer, or from one without a log.
func loadWithLog(level uint32, load func(level uint32, log []byte) (*FD, uint32, error)) (*FD, logText, error) {
	var firstErr error
	if level == 0 {
		fd, _, err := load(0, nil)
		if err == nil {
			return fd, logText{}, nil
		}
		firstErr, level = err, uint32(LogBranches)
	}
	for size := firstLog; ; {
		buf := make([]byte, size)
		fd, trueSize, err := load(level, buf)
		text := logText{text: unix.ByteSliceToString(buf)}
		if !errors.Is(err, unix.ENOSPC) {
			if err != nil && firstErr != nil && text.text == "" {
				err = firstErr // an old kernel may have failed because of the log itself
			}
			return fd, text, err
		}
		if size >= maxLog {
			text.truncated = true
			if firstErr != nil {
				return nil, text, firstErr
			}
			fd, _, err = load(0, nil)
			return fd, text, err
		}
		size = min(max(2*size, int(trueSize)), maxLog)
	}
}

// ProgInfoByFD returns what the kernel tells about a program.
func ProgInfoByFD(p *FD) (*ProgInfo, error) {
	var info progInfo
	if err := objInfo(p, "program", &info); err != nil {
		return nil, err
	}
	result := &ProgInfo{
		Type:            ProgType(info.progType),
		ID:              info.id,
		Name:            unix.ByteSliceToString(info.name[:]),
		Tag:             info.tag,
		XlatedSize:      info.xlatedLen,
		JitedSize:       info.jitedLen,
		LoadTime:        time.Duration(info.loadTime),
		CreatedByUID:    info.createdByUID,
		GPLCompatible:   info.bits == firstBit(),
		BTFID:           info.btfID,
		RunTime:         time.Duration(info.runTimeNS),
		RunCount:        info.runCnt,
		RecursionMisses: info.recursionMisses,
		VerifiedInsns:   info.verifiedInsns,
		AttachBTFObjID:  info.attachBTFObjID,
		AttachBTFID:     info.attachBTFID,
	}
	if n := info.nrMapIDs; n > 0 {
		ids := make([]uint32, n)
		// Every other field that is set asks for another array, so this starts from an empty struct.
		again := progInfo{nrMapIDs: n, mapIDs: pointer{p: unsafe.Pointer(unsafe.SliceData(ids))}}
		if err := objInfo(p, "program", &again); err != nil {
			return nil, err
		}
		runtime.KeepAlive(ids)
		result.MapIDs = ids[:min(n, again.nrMapIDs)]
	}
	return result, nil
}

// firstBit returns a word with the first one-bit field set: compilers start from the low end on little-endian machines and from the
// high end on big-endian ones.
func firstBit() uint32 {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return 1
	}
	return 1 << 31
}

// ProgXlated returns a program's instructions after the verifier's rewriting, in native byte order.
func ProgXlated(p *FD) ([]byte, error) {
	var info progInfo
	if err := objInfo(p, "program", &info); err != nil {
		return nil, err
	}
	insns := make([]byte, info.xlatedLen)
	again := progInfo{xlatedLen: info.xlatedLen, xlatedInsns: bytesPointer(insns)}
	if err := objInfo(p, "program", &again); err != nil {
		return nil, err
	}
	runtime.KeepAlive(insns)
	if again.xlatedInsns.p == nil && len(insns) > 0 {
		return nil, &Error{Command: CmdObjGetInfo, Object: "program", Errno: unix.EPERM,
			Hint: "the kernel shows no instructions; look at kernel.kptr_restrict and net.core.bpf_jit_harden, and run as root"}
	}
	return insns[:min(len(insns), int(again.xlatedLen))], nil
}

// EnableStats makes the kernel count runs and run time of all programs (ProgInfo.RunCount, RunTime) until the returned descriptor is
// closed. It costs some tens of nanoseconds a run.
func EnableStats() (*FD, error) {
	attr := fdAttr{} // type 0: BPF_STATS_RUN_TIME
	fd, err := bpfFD(CmdEnableStats, &attr)
	if err != nil {
		return nil, fail(request{command: CmdEnableStats}, "", err)
	}
	return fd, nil
}
