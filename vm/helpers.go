package vm

import (
	"bytes"
	"cmp"
	"errors"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/bpfsmith/bpfsmith/internal/linux"
	"github.com/bpfsmith/bpfsmith/internal/usermap"
)

// helpers are the helpers that each machine has, by their numbers.
var helpers = [linux.HelperCount]Function{
	1:   mapLookup, // bpf_map_lookup_elem
	2:   mapUpdate, // bpf_map_update_elem
	3:   mapDelete, // bpf_map_delete_elem
	4:   probeRead, // bpf_probe_read
	5:   nanoseconds,
	6:   tracePrintk,          // bpf_trace_printk
	7:   random,               // bpf_get_prandom_u32
	8:   processor,            // bpf_get_smp_processor_id
	9:   skbStoreBytes,        // bpf_skb_store_bytes
	10:  replaceIPChecksum,    // bpf_l3_csum_replace
	11:  replaceChecksum,      // bpf_l4_csum_replace
	12:  tailCall,             // bpf_tail_call
	14:  currentProcess,       // bpf_get_current_pid_tgid
	15:  currentUser,          // bpf_get_current_uid_gid
	16:  currentName,          // bpf_get_current_comm
	18:  skbVLANPush,          // bpf_skb_vlan_push
	19:  skbVLANPop,           // bpf_skb_vlan_pop
	23:  redirect,             // bpf_redirect
	26:  skbLoadBytes,         // bpf_skb_load_bytes
	28:  checksumDifference,   // bpf_csum_diff
	32:  skbChangeType,        // bpf_skb_change_type
	34:  hashOfPacket,         // bpf_get_hash_recalc
	35:  currentTask,          // bpf_get_current_task
	38:  skbChangeTail,        // bpf_skb_change_tail
	39:  skbPullData,          // bpf_skb_pull_data
	41:  forgetHash,           // bpf_set_hash_invalid
	42:  nothing,              // bpf_get_numa_node_id: there is one node
	43:  skbChangeHead,        // bpf_skb_change_head
	44:  xdpAdjustHead,        // bpf_xdp_adjust_head
	45:  probeReadString,      // bpf_probe_read_str
	48:  setHash,              // bpf_set_hash
	54:  xdpAdjustMeta,        // bpf_xdp_adjust_meta
	65:  xdpAdjustTail,        // bpf_xdp_adjust_tail
	68:  skbLoadBytesRelative, // bpf_skb_load_bytes_relative
	80:  currentCgroup,        // bpf_get_current_cgroup_id
	87:  mapPush,              // bpf_map_push_elem
	88:  mapPop,               // bpf_map_pop_elem
	89:  mapPeek,              // bpf_map_peek_elem
	93:  nothing,              // bpf_spin_lock: a machine runs alone
	94:  nothing,              // bpf_spin_unlock
	107: storageGet,           // bpf_sk_storage_get
	108: storageDelete,        // bpf_sk_storage_delete
	112: probeRead,            // bpf_probe_read_user
	113: probeRead,            // bpf_probe_read_kernel
	114: probeReadString,      // bpf_probe_read_user_str
	115: probeReadString,      // bpf_probe_read_kernel_str
	118: jiffies,              // bpf_jiffies64
	125: nanoseconds,          // bpf_ktime_get_boot_ns
	130: ringOutput,           // bpf_ringbuf_output
	131: ringReserve,          // bpf_ringbuf_reserve
	132: ringSubmit,           // bpf_ringbuf_submit
	133: ringDiscard,          // bpf_ringbuf_discard
	134: ringQuery,            // bpf_ringbuf_query
	137: toTCPSock,            // bpf_skc_to_tcp_sock
	145: storageGet,           // bpf_inode_storage_get
	146: storageDelete,        // bpf_inode_storage_delete
	148: probeRead,            // bpf_copy_from_user
	153: perCPUPointer,        // bpf_per_cpu_ptr
	154: thisCPUPointer,       // bpf_this_cpu_ptr
	156: storageGet,           // bpf_task_storage_get
	157: storageDelete,        // bpf_task_storage_delete
	158: currentTask,          // bpf_get_current_task_btf
	160: nanoseconds,          // bpf_ktime_get_coarse_ns
	164: forEach,              // bpf_for_each_map_elem
	169: timerInit,            // bpf_timer_init
	170: timerSetCallback,     // bpf_timer_set_callback
	171: timerStart,           // bpf_timer_start
	172: timerCancel,          // bpf_timer_cancel
	177: traceVprintk,
	181: loop,              // bpf_loop
	182: compareStrings,    // bpf_strncmp
	183: functionArg,       // bpf_get_func_arg
	188: xdpLength,         // bpf_xdp_get_buff_len
	189: xdpLoadBytes,      // bpf_xdp_load_bytes
	190: xdpStoreBytes,     // bpf_xdp_store_bytes
	195: mapLookupPerCPU,   // bpf_map_lookup_percpu_elem
	197: dynptrFromMemory,  // bpf_dynptr_from_mem
	198: ringReserveDynptr, // bpf_ringbuf_reserve_dynptr
	199: ringSubmitDynptr,  // bpf_ringbuf_submit_dynptr
	200: ringDiscardDynptr, // bpf_ringbuf_discard_dynptr
	201: dynptrRead,        // bpf_dynptr_read
	202: dynptrWrite,       // bpf_dynptr_write
	203: dynptrData,        // bpf_dynptr_data
	208: nanoseconds,       // bpf_ktime_get_tai_ns
	210: storageGet,        // bpf_cgrp_storage_get
	211: storageDelete,     // bpf_cgrp_storage_delete
}

// boot is when the clock of machines without Now began.
var boot = time.Now()

func nothing(*Machine) (uint64, error) { return 0, nil }

func nanoseconds(m *Machine) (uint64, error) { return m.now(), nil }

func (m *Machine) now() uint64 {
	if m.Now != nil {
		return m.Now()
	}
	return uint64(time.Since(boot))
}

func jiffies(m *Machine) (uint64, error) {
	const usual = 1000 // of Machine.HZ
	hz := uint64(cmp.Or(m.HZ, usual))
	now := m.now()
	return now/uint64(time.Second)*hz + now%uint64(time.Second)*hz/uint64(time.Second), nil
}

func random(m *Machine) (uint64, error) {
	if m.Random != nil {
		return uint64(m.Random()), nil
	}
	return uint64(rand.Uint32()), nil
}

func processor(m *Machine) (uint64, error) { return uint64(m.CPU), nil }

// errnoOf is an error as a helper returns it: a negative number, or 0.
func errnoOf(err error) (uint64, error) {
	var no syscall.Errno
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &no):
		return uint64(-int64(no)), nil
	}
	return 0, err
}

func mapLookup(m *Machine) (uint64, error) { return m.lookup(m.CPU) }

func mapLookupPerCPU(m *Machine) (uint64, error) {
	if m.Arg(3) >= usermap.CPUs {
		return 0, nil
	}
	return m.lookup(uint32(m.Arg(3)))
}

// mapAndKey are the first two arguments of the helpers that find an element.
func (m *Machine) mapAndKey() (l lentMap, key []byte, err error) {
	if l, err = m.mapArg(1); err != nil {
		return l, nil, err
	}
	key, err = m.Bytes(m.Arg(2), int(l.content.Spec.KeySize))
	return l, key, err
}

// lookup finds the value of a key, and returns its address.
func (m *Machine) lookup(cpu uint32) (uint64, error) {
	l, key, err := m.mapAndKey()
	if err != nil {
		return 0, err
	}
	if l.content.IsNested() {
		inner := l.content.Inner(key)
		if inner == nil {
			return 0, nil
		}
		return m.lend(inner).handle, nil
	}
	at, ok := l.content.Find(key, int(cpu))
	if !ok {
		return 0, nil
	}
	return l.value + uint64(at), nil
}

func mapUpdate(m *Machine) (uint64, error) {
	l, key, err := m.mapAndKey()
	if err != nil {
		return 0, err
	}
	value, err := m.Bytes(m.Arg(3), int(l.content.Spec.ValueSize))
	if err != nil {
		return 0, err
	}
	return errnoOf(l.content.Update(key, value, m.Arg(4), int(m.CPU)))
}

func mapDelete(m *Machine) (uint64, error) {
	l, key, err := m.mapAndKey()
	if err != nil {
		return 0, err
	}
	return errnoOf(l.content.Delete(key))
}

func mapPush(m *Machine) (uint64, error) {
	l, err := m.mapArg(1)
	if err != nil {
		return 0, err
	}
	value, err := m.Bytes(m.Arg(2), int(l.content.Spec.ValueSize))
	if err != nil {
		return 0, err
	}
	return errnoOf(l.content.Update(nil, value, m.Arg(3), 0))
}

func mapPop(m *Machine) (uint64, error) { return m.nextValue((*usermap.Map).Take) }

func mapPeek(m *Machine) (uint64, error) { return m.nextValue((*usermap.Map).Lookup) }

func (m *Machine) nextValue(read func(queue *usermap.Map, key, value []byte) error) (uint64, error) {
	l, err := m.mapArg(1)
	if err != nil {
		return 0, err
	}
	value, err := m.Writable(m.Arg(2), int(l.content.Spec.ValueSize))
	if err != nil {
		return 0, err
	}
	return errnoOf(read(l.content, nil, value))
}

// forEach calls a function of the program with each element: the map, the key, the value, and the program's own pointer.
func forEach(m *Machine) (uint64, error) {
	l, err := m.mapArg(1)
	if err != nil {
		return 0, err
	}
	function, own := m.Arg(2), m.Arg(3)
	if m.Arg(4) != 0 {
		return errnoOf(syscall.EINVAL)
	}
	visited := uint64(0)
	for key, at := range l.content.All() {
		addr := m.Add(Memory{Name: "the key", Data: key, ReadOnly: true})
		stop, err := m.CallFunction(function, l.handle, addr, l.value+uint64(at), own)
		m.Remove(addr)
		if err != nil {
			return 0, err
		}
		visited++
		if stop != 0 {
			break
		}
	}
	return visited, nil
}

// loop calls a function of the program with 0, 1, 2, … and the program's own pointer, until it returns another number than 0.
func loop(m *Machine) (uint64, error) {
	turns, function, own, flags := uint32(m.Arg(1)), m.Arg(2), m.Arg(3), m.Arg(4)
	switch {
	case flags != 0:
		return errnoOf(syscall.EINVAL)
	case turns > turnLimit:
		return errnoOf(syscall.E2BIG)
	}
	for n := range turns {
		stop, err := m.CallFunction(function, uint64(n), own)
		if err != nil {
			return 0, err
		}
		if stop != 0 {
			return uint64(n) + 1, nil
		}
	}
	return uint64(turns), nil
}

// probeRead copies memory. Where the program could not read it, it writes zeros and returns -EFAULT.
func probeRead(m *Machine) (uint64, error) {
	to, err := m.Writable(m.Arg(1), int(uint32(m.Arg(2))))
	if err != nil {
		return 0, err
	}
	from, err := m.Bytes(m.Arg(3), len(to))
	if err != nil {
		clear(to)
		return errnoOf(syscall.EFAULT)
	}
	copy(to, from)
	return 0, nil
}

// probeReadString copies text up to its zero byte. Text without one is cut off: the last byte is a zero. It returns how many bytes it
// wrote.
func probeReadString(m *Machine) (uint64, error) {
	to, err := m.Writable(m.Arg(1), int(uint32(m.Arg(2))))
	if err != nil || len(to) == 0 {
		return 0, err
	}
	for i := range to {
		b, err := m.Bytes(m.Arg(3)+uint64(i), 1)
		if err != nil {
			clear(to)
			return errnoOf(syscall.EFAULT)
		}
		if to[i] = b[0]; b[0] == 0 {
			return uint64(i + 1), nil
		}
	}
	to[len(to)-1] = 0
	return uint64(len(to)), nil
}

// compareStrings compares at most as many bytes as the second argument says, up to a zero byte.
func compareStrings(m *Machine) (uint64, error) {
	n := int(uint32(m.Arg(2)))
	first, err := m.Bytes(m.Arg(1), n)
	if err != nil {
		return 0, err
	}
	for i := range n {
		b, err := m.Bytes(m.Arg(3)+uint64(i), 1)
		if err != nil {
			return 0, err
		}
		if first[i] != b[0] || first[i] == 0 {
			return uint64(int64(first[i]) - int64(b[0])), nil
		}
	}
	return 0, nil
}

// toTCPSock gives the tcp_sock that a sock is the beginning of; nil if it is another one.
func toTCPSock(m *Machine) (uint64, error) {
	if _, err := m.ObjectAt(m.Arg(1), "tcp_sock"); err != nil {
		return 0, nil //nolint:nilerr // the helper returns nil then
	}
	return m.Arg(1), nil
}

func ringOutput(m *Machine) (uint64, error) {
	l, err := m.ringArg()
	if err != nil {
		return 0, err
	}
	data, err := m.Bytes(m.Arg(2), int(m.Arg(3)))
	if err != nil {
		return 0, err
	}
	record := l.content.Reserve(len(data))
	if record == nil {
		return errnoOf(syscall.EAGAIN)
	}
	copy(record.Data, data)
	record.Submit()
	return 0, nil
}

// ringArg is the ring buffer that the first argument points to.
func (m *Machine) ringArg() (lentMap, error) {
	l, err := m.mapArg(1)
	if err == nil && l.content.Spec.Type != linux.MapTypeRingBuf {
		err = &accessError{NotAnAddress, "argument 1 is " + l.content.Spec.String() + ", which is not a ring buffer"}
	}
	return l, err
}

func ringReserve(m *Machine) (uint64, error) {
	l, err := m.ringArg()
	if err != nil {
		return 0, err
	}
	record := l.content.Reserve(int(min(m.Arg(2), 1<<30)))
	if record == nil || m.Arg(3) != 0 {
		return 0, nil
	}
	addr := m.Add(Memory{Name: "the record", Data: record.Data})
	m.region(addr).record = record
	return addr, nil
}

func ringSubmit(m *Machine) (uint64, error) { return 0, m.finishRecord((*usermap.Record).Submit) }

func ringDiscard(m *Machine) (uint64, error) { return 0, m.finishRecord((*usermap.Record).Discard) }

func (m *Machine) finishRecord(finish func(*usermap.Record)) error {
	addr := m.Arg(1)
	if number := addr >> regionShift; number < uint64(len(m.regions)) && addr == firstAddress(int(number)) {
		if r := &m.regions[number]; r.record != nil && !r.gone {
			finish(r.record)
			m.Remove(addr)
			return nil
		}
	}
	points := m.pointee(addr)
	if points == "" {
		points = "a number"
	}
	return &accessError{NotAnAddress, "argument 1 is " + points + ", which is not a record that is reserved"}
}

// ringQuery asks a ring buffer: 0 for the bytes that were not read, 1 for its size.
func ringQuery(m *Machine) (uint64, error) {
	l, err := m.ringArg()
	if err != nil {
		return 0, err
	}
	waiting, size := l.content.Waiting()
	switch m.Arg(2) {
	case 0:
		return uint64(waiting), nil
	case 1:
		return uint64(size), nil
	}
	return 0, nil
}

// tailCall goes on with a program in an array. It fails, and the program goes on, if there is none, or after 33 tail calls
// (MAX_TAIL_CALL_CNT, include/linux/bpf.h).
func tailCall(m *Machine) (uint64, error) {
	l, err := m.mapArg(2)
	if err != nil {
		return 0, err
	}
	p := m.tails[tail{l.content, uint32(m.Arg(3))}]
	switch {
	case p == nil:
		return errnoOf(syscall.ENOENT)
	case m.tailCalls >= 33:
		return errnoOf(syscall.EPERM)
	}
	m.tailCalls++
	m.next = p
	return 0, nil
}

// stringAt is the text at an address, up to its zero byte.
func (m *Machine) stringAt(addr uint64, most int) (string, error) {
	var text []byte
	for n := range most {
		b, err := m.Bytes(addr+uint64(n), 1)
		if err != nil {
			return "", err
		}
		if b[0] == 0 {
			break
		}
		text = append(text, b[0])
	}
	return string(bytes.ToValidUTF8(text, []byte("?"))), nil
}
