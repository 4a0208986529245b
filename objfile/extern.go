package objfile

import (
	"fmt"

	cbtf "github.com/cilium/ebpf/btf"

	"github.com/bpfsmith/bpfsmith/btf"
	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/isa"
)

// missing reports the name of something of the kernel that is missing, unless the program can do without it.
func missing(at int, what string, name *symbol) error {
	if name.weak() {
		return nil
	}
	return &MissingError{Slot: at, What: what, Name: name.name}
}

// Places of things of the kernel in the types of an object.
const (
	settingsSection = ".kconfig"
	kernelSection   = ".ksyms"
)

// resolveExtern resolves something that is not in the object: a setting, a variable or a function of the kernel.
func (l *linker) resolveExtern(at int, s slot, name *symbol) error {
	if s.isCall() {
		return l.resolveKernelFunction(at, s, name)
	}
	if !s.isWide() {
		return fmt.Errorf("instruction %d: it uses %s, which is not in the object", at, name.name)
	}
	if m, setting := l.setting(name.name); setting != nil {
		if l.kernel.Config != nil {
			if _, ok := l.kernel.value(setting.name); !ok {
				if err := missing(at, "setting", name); err != nil {
					return err
				}
			}
		}
		l.putWide(at, s, isa.PseudoMapValue, m.number, int32(setting.offset)+s.imm)
		return nil
	}
	if _, ok := l.externs[name.name].(*cbtf.Func); ok {
		id, err := l.kernelFunction(name.name)
		if err != nil {
			l.putWide(at, s, isa.PseudoNumber, 0, 0)
			return missing(at, "kernel function", name)
		}
		l.putWide(at, s, isa.PseudoBTFID, int32(id), 0)
		return nil
	}
	return l.resolveKernelVariable(at, s, name)
}

func (l *linker) resolveKernelFunction(at int, s slot, name *symbol) error {
	if l.kernel.Types == nil { // id 0: some function of the kernel
		s.src, s.off, s.imm = isa.PseudoKfunc, 0, 0
		l.put(at, s)
		return nil
	}
	id, err := l.kernelFunction(name.name)
	if err != nil {
		s.src, s.off, s.imm = isa.PseudoHelper, 0, linux.MissingFunction
		l.put(at, s)
		return missing(at, "kernel function", name)
	}
	s.src, s.off, s.imm = isa.PseudoKfunc, 0, int32(id)
	l.put(at, s)
	return nil
}

func (l *linker) resolveKernelVariable(at int, s slot, name *symbol) error {
	if l.untyped(name.name) {
		address, ok := uint64(unknownAddress), true
		if l.kernel.Symbol != nil {
			address, ok = l.kernel.Symbol(name.name)
		}
		l.putWide(at, s, isa.PseudoNumber, int32(address), int32(address>>32))
		if !ok {
			return missing(at, "symbol", name)
		}
		return nil
	}
	id, err := l.kernelID(btf.KindVar, name.name)
	if err != nil {
		l.putWide(at, s, isa.PseudoNumber, 0, 0)
		return missing(at, "kernel variable", name)
	}
	l.putWide(at, s, isa.PseudoBTFID, int32(id), 0)
	return nil
}

// unknownAddress stands for the address of a symbol that is not known.
const unknownAddress = 0xffff_ffff_8100_0000

func (l *linker) kernelID(kind btf.Kind, name string) (btf.ID, error) {
	if l.kernel.Types == nil {
		return 0, btf.ErrNotFound
	}
	return l.kernel.Types.Lookup(kind, withoutFlavour(name))
}

// kernelFunction finds a function of the kernel. One with other parameters than the object declares is another function: programs declare
// several flavours of a function that the kernel changed.
func (l *linker) kernelFunction(name string) (btf.ID, error) {
	id, err := l.kernelID(btf.KindFunc, name)
	if err != nil {
		return 0, err
	}
	local, ok := l.externs[name].(*cbtf.Func)
	if !ok {
		return id, nil
	}
	set, err := l.kernel.Types.Decode(id)
	if err != nil {
		return 0, err
	}
	if target, ok := set.Type(id).(*cbtf.Func); ok && !alike(local.Type, target.Type, 0) {
		return 0, fmt.Errorf("function %s has other parameters: %w", name, btf.ErrNotFound)
	}
	return id, nil
}

// untyped reports whether a variable of the kernel is declared without a type: only its address matters.
func (o *Object) untyped(name string) bool {
	v, ok := o.externs[name].(*cbtf.Var)
	if !ok {
		return true
	}
	_, void := btf.Underlying(v.Type).(*cbtf.Void)
	return void
}
