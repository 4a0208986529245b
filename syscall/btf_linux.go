package syscall

import "golang.org/x/sys/unix"

// BTFLoad passes type information to the kernel. If the kernel refuses it, the error is a [*LoadError] with the log.
func BTFLoad(data []byte) (*FD, error) {
	attr := btfLoadAttr{btf: bytesPointer(data), btfSize: uint32(len(data))}
	fd, log, err := loadWithLog(0, func(level uint32, log []byte) (*FD, uint32, error) {
		attr.logLevel, attr.logSize, attr.logBuf, attr.logTrueSize = level, uint32(len(log)), bytesPointer(log), 0
		fd, err := bpfFD(CmdBTFLoad, &attr)
		return fd, attr.logTrueSize, err
	})
	if err == nil {
		return fd, nil
	}
	refused := &LoadError{Command: CmdBTFLoad, Errno: err, Log: log.text, Truncated: log.truncated}
	if refused.reason() == "" {
		refused.Hint = hintFor(request{command: CmdBTFLoad}, err, currentSetting)
	}
	return nil, refused
}

// BTFInfoByFD returns what the kernel tells about a BTF object.
func BTFInfoByFD(b *FD) (*BTFInfo, error) {
	// The name may be that of a module: at most 55 bytes and a NUL (MODULE_NAME_LEN). One that does not fit would give ENOSPC.
	name := make([]byte, 128)
	info := btfInfo{name: bytesPointer(name), nameLen: uint32(len(name))}
	if err := objInfo(b, "BTF", &info); err != nil {
		return nil, err
	}
	return &BTFInfo{ID: info.id, Size: info.btfSize, Name: unix.ByteSliceToString(name), Kernel: info.kernelBTF != 0}, nil
}

// BTFData returns the type information that a BTF object holds. That of a module builds on the kernel's.
func BTFData(b *FD) ([]byte, error) {
	size, err := BTFInfoByFD(b)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size.Size)
	info := btfInfo{btf: bytesPointer(data), btfSize: size.Size}
	if err := objInfo(b, "BTF", &info); err != nil {
		return nil, err
	}
	return data[:min(len(data), int(info.btfSize))], nil
}
