package verify

import "slices"

// A helperRow is what is known of a helper.
type helperRow struct {
	id    int32
	args  string // a letter for each argument
	gives byte
	does  string // "packet": pointers into the packet are lost; "sleeps"
	only  string // the program types that may call it, where it is for few; "" for any
	not   string // of socket_filter, xdp, sched_cls and struct_ops, those that may not
}

// The kinds of arguments of helpers, as letters (enum bpf_arg_type, include/linux/bpf.h):
//
//	.  anything that has a value
//	m  a map
//	k  a key of the map before        v  a value to read      V  memory for a value
//	r  memory to read                 w  memory to write      R, W: or 0, when the size is
//	u  memory to read and write       4, 8: memory for so many bytes
//	s  its size, not 0                z  its size, which may be 0
//	c  a size that is a known constant
//	x  the context
//	a  a record of a ring buffer, which is given back
//	S  a socket, which is given back
//	l  a spin lock in a map's value   L  to be released
//	f  a function to be called back   o  data for it, or 0
//	d  a dynptr to use   D  memory for a dynptr that must be given back   E  one that must be given back, and is
//	K  a text in a map that nobody writes
//	p  the address of a kptr in a map's value
//	P  some pointer: a task, a socket   Q  some pointer, or 0   O  a value of the map to read, or 0
//
// and of what they give:
//
//	n  a number    v  the value of the map, or nil    q  a record of a ring buffer, or nil
//	s  a socket that must be given back, or nil    x  what a kptr was, which must be given back, or nil
//	y  memory of a dynptr, or nil                     .  something else
//
// A helper that is not here may do anything with its arguments, for all that is claimed. TestHelperArguments holds each row
// against the kernel.
var helperTable = [...]helperRow{ // in the order of their numbers
	{1, "mk", 'v', "", "", ""},                                                      // map_lookup_elem
	{2, "mkv.", 'n', "", "", ""},                                                    // map_update_elem
	{3, "mk", 'n', "", "", ""},                                                      // map_delete_elem
	{4, "wz.", 'n', "", "", "socket_filter xdp sched_cls struct_ops"},               // probe_read
	{5, "", 'n', "", "", ""},                                                        // ktime_get_ns
	{6, "rs...", 'n', "", "", ""},                                                   // trace_printk
	{7, "", 'n', "", "", ""},                                                        // get_prandom_u32
	{8, "", 'n', "", "", ""},                                                        // get_smp_processor_id
	{9, "x.rs.", 'n', "packet", "sched_cls sched_act lwt_xmit sk_skb", ""},          // skb_store_bytes
	{10, "x....", 'n', "packet", "", "socket_filter xdp"},                           // l3_csum_replace
	{11, "x....", 'n', "packet", "", "socket_filter xdp"},                           // l4_csum_replace
	{12, "xm.", 'n', "packet", "", ""},                                              // tail_call
	{13, "x..", 'n', "packet", "", "socket_filter xdp"},                             // clone_redirect
	{14, "", 'n', "", "", ""},                                                       // get_current_pid_tgid
	{15, "", 'n', "", "", ""},                                                       // get_current_uid_gid
	{16, "ws", 'n', "", "", ""},                                                     // get_current_comm
	{17, "", 'n', "", "", ""},                                                       // get_cgroup_classid
	{18, "x..", 'n', "packet", "", "socket_filter xdp"},                             // skb_vlan_push
	{19, "x", 'n', "packet", "", "socket_filter xdp"},                               // skb_vlan_pop
	{20, "xws.", 'n', "", "", "socket_filter xdp"},                                  // skb_get_tunnel_key
	{21, "xrs.", 'n', "", "", "socket_filter xdp"},                                  // skb_set_tunnel_key
	{22, "m.", 'n', "", "", ""},                                                     // perf_event_read
	{23, "..", 'n', "", "sched_cls sched_act xdp lwt_xmit", ""},                     // redirect
	{24, "x", 'n', "", "", "socket_filter xdp"},                                     // get_route_realm
	{25, "xm.rz", 'n', "", "", ""},                                                  // perf_event_output
	{26, "x.ws", 'n', "", "", "xdp"},                                                // skb_load_bytes
	{27, "xm.", 'n', "", "", "socket_filter xdp sched_cls struct_ops"},              // get_stackid
	{28, "RzRz.", 'n', "", "", "socket_filter"},                                     // csum_diff
	{29, "xws", 'n', "", "", "socket_filter xdp"},                                   // skb_get_tunnel_opt
	{30, "xrs", 'n', "", "", "socket_filter xdp"},                                   // skb_set_tunnel_opt
	{31, "x..", 'n', "packet", "", "socket_filter xdp"},                             // skb_change_proto
	{32, "x.", 'n', "", "", "socket_filter xdp"},                                    // skb_change_type
	{33, "xm.", 'n', "", "", "socket_filter xdp"},                                   // skb_under_cgroup
	{34, "x", 'n', "", "", "socket_filter xdp"},                                     // get_hash_recalc
	{35, "", 'n', "", "", ""},                                                       // get_current_task
	{37, "m.", 'n', "", "", ""},                                                     // current_task_under_cgroup
	{38, "x..", 'n', "packet", "sched_cls sched_act lwt_xmit sk_skb", ""},           // skb_change_tail
	{39, "x.", 'n', "packet", "sched_cls sched_act lwt_xmit sk_skb cgroup_skb", ""}, // skb_pull_data
	{40, "x.", 'n', "", "", "socket_filter xdp"},                                    // csum_update
	{41, "x", 'n', "", "", "socket_filter xdp"},                                     // set_hash_invalid
	{42, "", 'n', "", "", ""},                                                       // get_numa_node_id
	{43, "x..", 'n', "packet", "", "socket_filter xdp"},                             // skb_change_head
	{44, "x.", 'n', "packet", "xdp", ""},                                            // xdp_adjust_head
	{45, "wz.", 'n', "", "", "socket_filter xdp sched_cls struct_ops"},              // probe_read_str
	{46, "Q", 'n', "", "", "xdp"},                                                   // get_socket_cookie
	{47, "x", 'n', "", "", "xdp"},                                                   // get_socket_uid
	{48, "x.", 'n', "", "", "socket_filter xdp"},                                    // set_hash
	{49, "P..rs", 'n', "", "", "socket_filter xdp sched_cls"},                       // setsockopt
	{50, "x...", 'n', "packet", "sched_cls sched_act sk_skb", ""},                   // skb_adjust_room
	{51, "m..", 'n', "", "xdp", ""},                                                 // redirect_map
	{54, "x.", 'n', "packet", "xdp", ""},                                            // xdp_adjust_meta
	{55, "m.ws", 'n', "", "", ""},                                                   // perf_event_read_value
	{57, "P..ws", 'n', "", "", "socket_filter xdp sched_cls"},                       // getsockopt
	{65, "x.", 'n', "packet", "xdp", ""},                                            // xdp_adjust_tail
	{66, "x.ws.", 'n', "", "", "socket_filter xdp"},                                 // skb_get_xfrm_state
	{67, "xwz.", 'n', "", "", "socket_filter xdp sched_cls struct_ops"},             // get_stack
	{68, "x.ws.", 'n', "", "", "xdp"},                                               // skb_load_bytes_relative
	{69, "xus.", 'n', "", "", "socket_filter"},                                      // fib_lookup
	{79, "x", 'n', "", "", "socket_filter xdp"},                                     // skb_cgroup_id
	{80, "", 'n', "", "", ""},                                                       // get_current_cgroup_id
	{83, "x.", 'n', "", "", "socket_filter xdp"},                                    // skb_ancestor_cgroup_id
	{84, "xrz..", 's', "", "", "socket_filter"},                                     // sk_lookup_tcp
	{85, "xrz..", 's', "", "", "socket_filter"},                                     // sk_lookup_udp
	{86, "S", 'n', "", "", "socket_filter"},                                         // sk_release
	{87, "mv.", 'n', "", "", ""},                                                    // map_push_elem
	{88, "mV", 'n', "", "", ""},                                                     // map_pop_elem
	{89, "mV", 'n', "", "", ""},                                                     // map_peek_elem
	{93, "l", 'n', "", "", ""},                                                      // spin_lock
	{94, "L", 'n', "", "", ""},                                                      // spin_unlock
	{95, "P", '.', "", "", "socket_filter xdp"},                                     // sk_fullsock
	{96, "P", '.', "", "", "socket_filter xdp"},                                     // tcp_sock
	{97, "x", 'n', "", "", "socket_filter xdp"},                                     // skb_ecn_set_ce
	{98, "P", '.', "", "", "socket_filter xdp"},                                     // get_listener_sock
	{99, "xrz..", 's', "", "", "socket_filter"},                                     // skc_lookup_tcp
	{100, "Prsrs", 'n', "", "", "socket_filter"},                                    // tcp_check_syncookie
	{105, "rs.8", 'n', "", "", ""},                                                  // strtol
	{106, "rs.8", 'n', "", "", ""},                                                  // strtoul
	{107, "mPO.", 'v', "", "", "socket_filter xdp"},                                 // sk_storage_get
	{108, "mP", 'n', "", "", "socket_filter xdp"},                                   // sk_storage_delete
	{109, ".", 'n', "", "", ""},                                                     // send_signal
	{110, "Prsrs", 'n', "", "", "socket_filter"},                                    // tcp_gen_syncookie
	{111, "Pm.rz", 'n', "", "", "socket_filter xdp sched_cls"},                      // skb_output
	{112, "wz.", 'n', "", "", ""},                                                   // probe_read_user
	{113, "wz.", 'n', "", "", ""},                                                   // probe_read_kernel
	{114, "wz.", 'n', "", "", ""},                                                   // probe_read_user_str
	{115, "wz.", 'n', "", "", ""},                                                   // probe_read_kernel_str
	{116, "P.", 'n', "", "", "socket_filter xdp sched_cls"},                         // tcp_send_ack
	{117, ".", 'n', "", "", ""},                                                     // send_signal_thread
	{118, "", 'n', "", "", ""},                                                      // jiffies64
	{120, "..ws", 'n', "", "", ""},                                                  // get_ns_current_pid_tgid
	{121, "Pm.rz", 'n', "", "", "socket_filter xdp sched_cls"},                      // xdp_output
	{122, "Q", 'n', "", "", "xdp"},                                                  // get_netns_cookie
	{123, ".", 'n', "", "", ""},                                                     // get_current_ancestor_cgroup_id
	{124, "P..", 'n', "", "", "socket_filter xdp"},                                  // sk_assign
	{125, "", 'n', "", "", ""},                                                      // ktime_get_boot_ns
	{130, "mrz.", 'n', "", "", ""},                                                  // ringbuf_output
	{131, "mc.", 'q', "", "", ""},                                                   // ringbuf_reserve
	{132, "a.", 'n', "", "", ""},                                                    // ringbuf_submit
	{133, "a.", 'n', "", "", ""},                                                    // ringbuf_discard
	{134, "m.", 'n', "", "", ""},                                                    // ringbuf_query
	{135, "x.", 'n', "", "", "socket_filter xdp"},                                   // csum_level
	{136, "P", '.', "", "", ""},                                                     // skc_to_tcp6_sock
	{137, "P", '.', "", "", ""},                                                     // skc_to_tcp_sock
	{138, "P", '.', "", "", ""},                                                     // skc_to_tcp_timewait_sock
	{139, "P", '.', "", "", ""},                                                     // skc_to_tcp_request_sock
	{140, "P", '.', "", "", ""},                                                     // skc_to_udp6_sock
	{141, "Pwz.", 'n', "", "", ""},                                                  // get_task_stack
	{147, "Pwz", 'n', "", "", "socket_filter xdp sched_cls"},                        // d_path
	{148, "wz.", 'n', "sleeps", "", ""},                                             // copy_from_user
	{149, "wsrs.", 'n', "", "", ""},                                                 // snprintf_btf
	{151, "x", 'n', "", "", "socket_filter xdp"},                                    // skb_cgroup_classid
	{152, ".Rz.", 'n', "", "", "socket_filter xdp"},                                 // redirect_neigh
	{153, "P.", '.', "", "", ""},                                                    // per_cpu_ptr
	{154, "P", '.', "", "", ""},                                                     // this_cpu_ptr
	{155, "..", 'n', "", "", "socket_filter xdp"},                                   // redirect_peer
	{156, "mPO.", 'v', "", "", ""},                                                  // task_storage_get
	{157, "mP", 'n', "", "", ""},                                                    // task_storage_delete
	{158, "", '.', "", "", ""},                                                      // get_current_task_btf
	{160, "", 'n', "", "", ""},                                                      // ktime_get_coarse_ns
	{162, "P", '.', "", "", "socket_filter xdp sched_cls"},                          // sock_from_file
	{163, "x.4..", 'n', "", "", "socket_filter"},                                    // check_mtu
	{164, "mfo.", 'n', "", "", ""},                                                  // for_each_map_elem
	{165, "WzKRz", 'n', "", "", ""},                                                 // snprintf
	{166, ".rs", 'n', "", "", "socket_filter xdp sched_cls"},                        // sys_bpf
	{167, "rs..", 'n', "", "", "socket_filter xdp sched_cls"},                       // btf_find_by_name_kind
	{168, ".", 'n', "", "", "socket_filter xdp sched_cls"},                          // sys_close
	{169, "Pm.", 'n', "", "", ""},                                                   // timer_init
	{171, "P..", 'n', "", "", ""},                                                   // timer_start
	{172, "P", 'n', "", "", ""},                                                     // timer_cancel
	{173, "x", 'n', "", "", "socket_filter xdp sched_cls"},                          // get_func_ip
	{174, "x", 'n', "", "", "socket_filter xdp sched_cls"},                          // get_attach_cookie
	{175, "P", '.', "", "", ""},                                                     // task_pt_regs
	{176, "wz", 'n', "", "", ""},                                                    // get_branch_snapshot
	{177, "rsRz", 'n', "", "", ""},                                                  // trace_vprintk
	{178, "P", '.', "", "", ""},                                                     // skc_to_unix_sock
	{180, "P.fo.", 'n', "", "", ""},                                                 // find_vma
	{181, ".fo.", 'n', "", "", ""},                                                  // loop
	{182, "rsK", 'n', "", "", ""},                                                   // strncmp
	{188, "x", 'n', "", "", "socket_filter sched_cls"},                              // xdp_get_buff_len
	{189, "x.ws", 'n', "", "", "socket_filter sched_cls"},                           // xdp_load_bytes
	{190, "x.rs", 'n', "", "", "socket_filter sched_cls"},                           // xdp_store_bytes
	{191, "wz.P.", 'n', "sleeps", "", ""},                                           // copy_from_user_task
	{192, "x..", 'n', "", "", "socket_filter xdp"},                                  // skb_set_tstamp
	{194, "p.", 'x', "", "", ""},                                                    // kptr_xchg
	{195, "mk.", 'v', "", "", ""},                                                   // map_lookup_percpu_elem
	{196, "P", '.', "", "", ""},                                                     // skc_to_mptcp_sock
	{197, "....", '.', "", "", ""},                                                  // dynptr_from_mem
	{198, "m..D", 'n', "", "", ""},                                                  // ringbuf_reserve_dynptr
	{199, "E.", 'n', "", "", ""},                                                    // ringbuf_submit_dynptr
	{200, "E.", 'n', "", "", ""},                                                    // ringbuf_discard_dynptr
	{201, "wsd..", 'n', "", "", ""},                                                 // dynptr_read
	{202, "d.rs.", 'n', "", "", ""},                                                 // dynptr_write
	{203, "d.c", 'y', "", "", ""},                                                   // dynptr_data
	{208, "", 'n', "", "", ""},                                                      // ktime_get_tai_ns
	{209, "mfo.", 'n', "", "", ""},                                                  // user_ringbuf_drain
	{210, "mPO.", 'v', "", "", ""},                                                  // cgrp_storage_get
	{211, "mP", 'n', "", "", ""},                                                    // cgrp_storage_delete
}

// anyCount stands in helperCounts for any number of arguments.
const anyCount = 100

// helperByID is the row of a helper, or nil.
func helperByID(id int32) *helperRow {
	n, ok := slices.BinarySearchFunc(helperTable[:], id, func(r helperRow, id int32) int { return int(r.id - id) })
	if !ok {
		return nil
	}
	return &helperTable[n]
}

// sleeping are helpers that may sleep (might_sleep), besides what the table has.
var sleeping = [...]int32{148, 191}

// mapHelpers are the helpers that take maps of a type, where those are few (check_map_func_compatibility). Of types that are not here
// any helper is taken that is not in helperMaps.
var mapHelpers = [...]struct {
	mapType string
	helpers []int32
}{
	{"prog_array", []int32{12}},
	{"perf_event_array", []int32{22, 25, 55, 111, 121}},
	{"ringbuf", []int32{130, 131, 132, 133, 134, 198, 199, 200}},
	{"user_ringbuf", []int32{209}},
	{"stack_trace", []int32{27}},
	{"cgroup_array", []int32{33, 37}},
	{"devmap", []int32{1, 51}},
	{"devmap_hash", []int32{1, 51}},
	{"xskmap", []int32{1, 51}},
	{"cpumap", []int32{51}},
	{"array_of_maps", []int32{1}},
	{"hash_of_maps", []int32{1}},
	{"queue", []int32{87, 88, 89}},
	{"stack", []int32{87, 88, 89}},
	{"bloom_filter", []int32{87, 89}},
	{"reuseport_sockarray", []int32{82}},
	{"sk_storage", []int32{107, 108, 194}},
	{"inode_storage", []int32{145, 146, 194}},
	{"task_storage", []int32{156, 157, 194}},
	{"cgrp_storage", []int32{210, 211, 194}},
	{"cgroup_storage", []int32{81}},
	{"percpu_cgroup_storage", []int32{81}},
}

// helperMaps are the types of maps that a helper takes, where those are few.
var helperMaps = [...]struct {
	helper int32
	types  []string
}{
	{12, []string{"prog_array"}},
	{22, []string{"perf_event_array"}},
	{25, []string{"perf_event_array"}},
	{27, []string{"stack_trace"}},
	{33, []string{"cgroup_array"}},
	{37, []string{"cgroup_array"}},
	{51, []string{"devmap", "devmap_hash", "cpumap", "xskmap"}},
	{55, []string{"perf_event_array"}},
	{87, []string{"queue", "stack", "bloom_filter"}},
	{88, []string{"queue", "stack"}},
	{89, []string{"queue", "stack", "bloom_filter"}},
	{107, []string{"sk_storage"}},
	{108, []string{"sk_storage"}},
	{111, []string{"perf_event_array"}},
	{121, []string{"perf_event_array"}},
	{130, []string{"ringbuf"}},
	{131, []string{"ringbuf"}},
	{134, []string{"ringbuf"}},
	{156, []string{"task_storage"}},
	{157, []string{"task_storage"}},
	{195, []string{"percpu_array", "percpu_hash", "lru_percpu_hash"}},
	{198, []string{"ringbuf"}},
	{209, []string{"user_ringbuf"}},
	{210, []string{"cgrp_storage", "cgroup_storage"}},
	{211, []string{"cgrp_storage", "cgroup_storage"}},
}

// mapFits reports whether a helper takes maps of a type.
func mapFits(mapType string, helper int32) bool {
	for _, row := range mapHelpers {
		if row.mapType == mapType && !slices.Contains(row.helpers, helper) {
			return false
		}
	}
	types := mapsOf(helper)
	return types == nil || slices.Contains(types, mapType)
}

// mapsOf are the types of maps that a helper takes; nil where those are many.
func mapsOf(helper int32) []string {
	for _, row := range helperMaps {
		if row.helper == helper {
			return row.types
		}
	}
	return nil
}

// Helpers of which more is known than their row says (enum bpf_func_id, include/uapi/linux/bpf.h).
const (
	mapUpdateElem     = 2
	mapDeleteElem     = 3
	ktimeGetNS        = 5
	getPrandomU32     = 7
	tailCall          = 12
	getCurrentPIDTGID = 14
	getCurrentUIDGID  = 15
	skLookupTCP       = 84
	skLookupUDP       = 85
	mapPushElem       = 87
	mapPopElem        = 88
	takeSpinLock      = 93
	leaveSpinLock     = 94
	skcLookupTCP      = 99
	ringbufReserve    = 131
	loop              = 181
	reserveDynptr     = 198
)
