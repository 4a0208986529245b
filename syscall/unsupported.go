//go:build !linux

package syscall

// The commands on systems without bpf(2). Each returns ErrUnsupported.

// ProgLoad needs Linux.
func ProgLoad(a *ProgLoadAttr) (*FD, error) { return nil, ErrUnsupported }

// MapCreate needs Linux.
func MapCreate(a *MapCreateAttr) (*FD, error) { return nil, ErrUnsupported }

// MapLookup needs Linux.
func MapLookup(m *FD, key, value []byte) error { return ErrUnsupported }

// MapUpdate needs Linux.
func MapUpdate(m *FD, key, value []byte, flags uint64) error { return ErrUnsupported }

// MapDelete needs Linux.
func MapDelete(m *FD, key []byte) error { return ErrUnsupported }

// MapGetNextKey needs Linux.
func MapGetNextKey(m *FD, key, next []byte) error { return ErrUnsupported }

// MapLookupFlags needs Linux.
func MapLookupFlags(m *FD, key, value []byte, flags uint64) error { return ErrUnsupported }

// MapLookupAndDelete needs Linux.
func MapLookupAndDelete(m *FD, key, value []byte, flags uint64) error { return ErrUnsupported }

// MapLookupBatch needs Linux.
func MapLookupBatch(m *FD, cursor, next, keys, values []byte, flags uint64) (int, error) {
	return 0, ErrUnsupported
}

// MapLookupAndDeleteBatch needs Linux.
func MapLookupAndDeleteBatch(m *FD, cursor, next, keys, values []byte, flags uint64) (int, error) {
	return 0, ErrUnsupported
}

// MapUpdateBatch needs Linux.
func MapUpdateBatch(m *FD, keys, values []byte, flags uint64) (int, error) { return 0, ErrUnsupported }

// MapDeleteBatch needs Linux.
func MapDeleteBatch(m *FD, keys []byte) (int, error) { return 0, ErrUnsupported }

// MapMemory needs Linux.
func MapMemory(m *FD, offset int64, size int, write bool) (*Memory, error) {
	return nil, ErrUnsupported
}

func unmap([]byte) error { return ErrUnsupported }

// A Waiter needs Linux.
type Waiter struct{}

// NewWaiter needs Linux.
func NewWaiter(m *FD) (*Waiter, error) { return nil, ErrUnsupported }

// Wait needs Linux.
func (w *Waiter) Wait() error { return ErrUnsupported }

// Wake needs Linux.
func (w *Waiter) Wake() {}

// Close needs Linux.
func (w *Waiter) Close() error { return ErrUnsupported }

// RawTracepointOpen needs Linux.
func RawTracepointOpen(p *FD, name string) (*FD, error) { return nil, ErrUnsupported }

// SocketAttach needs Linux.
func SocketAttach(socket int, p *FD) error { return ErrUnsupported }

// SocketDetach needs Linux.
func SocketDetach(socket int) error { return ErrUnsupported }

// OpenTarget needs Linux.
func OpenTarget(path string) (*FD, error) { return nil, ErrUnsupported }

// MapFreeze needs Linux.
func MapFreeze(m *FD) error { return ErrUnsupported }

// BTFLoad needs Linux.
func BTFLoad(data []byte) (*FD, error) { return nil, ErrUnsupported }

// BTFData needs Linux.
func BTFData(b *FD) ([]byte, error) { return nil, ErrUnsupported }

// LinkCreate needs Linux.
func LinkCreate(a *LinkCreateAttr) (*FD, error) { return nil, ErrUnsupported }

// LinkUpdate needs Linux.
func LinkUpdate(link, newFD, oldFD *FD, flags uint32) error { return ErrUnsupported }

// LinkDetach needs Linux.
func LinkDetach(link *FD) error { return ErrUnsupported }

// ObjPin needs Linux.
func ObjPin(obj *FD, path string) error { return ErrUnsupported }

// ObjGet needs Linux.
func ObjGet(path string, flags uint32) (*FD, error) { return nil, ErrUnsupported }

// ProgInfoByFD needs Linux.
func ProgInfoByFD(p *FD) (*ProgInfo, error) { return nil, ErrUnsupported }

// ProgXlated needs Linux.
func ProgXlated(p *FD) ([]byte, error) { return nil, ErrUnsupported }

// MapInfoByFD needs Linux.
func MapInfoByFD(m *FD) (*MapInfo, error) { return nil, ErrUnsupported }

// LinkInfoByFD needs Linux.
func LinkInfoByFD(l *FD) (*LinkInfo, error) { return nil, ErrUnsupported }

// BTFInfoByFD needs Linux.
func BTFInfoByFD(b *FD) (*BTFInfo, error) { return nil, ErrUnsupported }

// ProgNextID needs Linux.
func ProgNextID(id uint32) (uint32, error) { return 0, ErrUnsupported }

// MapNextID needs Linux.
func MapNextID(id uint32) (uint32, error) { return 0, ErrUnsupported }

// BTFNextID needs Linux.
func BTFNextID(id uint32) (uint32, error) { return 0, ErrUnsupported }

// LinkNextID needs Linux.
func LinkNextID(id uint32) (uint32, error) { return 0, ErrUnsupported }

// ProgFDByID needs Linux.
func ProgFDByID(id uint32) (*FD, error) { return nil, ErrUnsupported }

// MapFDByID needs Linux.
func MapFDByID(id uint32) (*FD, error) { return nil, ErrUnsupported }

// BTFFDByID needs Linux.
func BTFFDByID(id uint32) (*FD, error) { return nil, ErrUnsupported }

// LinkFDByID needs Linux.
func LinkFDByID(id uint32) (*FD, error) { return nil, ErrUnsupported }

// ProgTestRun needs Linux.
func ProgTestRun(a *TestRunAttr) (*TestRunResult, error) { return nil, ErrUnsupported }

// EnableStats needs Linux.
func EnableStats() (*FD, error) { return nil, ErrUnsupported }

// Capabilities needs Linux.
func Capabilities() (CapSet, error) { return 0, ErrUnsupported }

func closeFD(int) error      { return ErrUnsupported }
func dupFD(int) (int, error) { return -1, ErrUnsupported }

func describe(err error) string {
	if err == nil {
		return "failed"
	}
	return err.Error()
}

func errnoNumbered(uintptr) error { return nil }

func errnoName(error) string { return "" }

// PossibleCPUs needs Linux.
func PossibleCPUs() (int, error) { return 0, ErrUnsupported }
