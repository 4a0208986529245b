package linux

import "slices"

// MayCallHelper reports whether programs of a type may call a helper somewhere. sure is false where that is not known: tracing programs,
// hooks and interfaces are offered helpers by what they are attached to, and the measured kernel was built without some helpers. This file
// is the only one that says who may call a helper.
func (t ProgType) MayCallHelper(id int32) (allowed, sure bool) {
	for _, row := range notOffered {
		if row.types.Has(t) && slices.Contains(row.helpers, id) {
			return false, true
		}
	}
	callers := HelperCallers(id)
	if !judgedForHelpers.Has(t) || callers == 0 {
		return true, false
	}
	return callers.Has(t), true
}

// HelperCallers are the types of programs that may call a helper, of those that were measured; 0 where that is not known.
func HelperCallers(id int32) ProgSet {
	if id <= 0 || int(id) >= len(helperCallers) {
		return 0
	}
	return helperCallers[id]
}

const judgedForHelpers = judged &^ (1 << ProgTypeTracing)

// nobody stands for no type that was measured.
const nobody ProgSet = 1 << ProgTypeUnspec

// notOffered has the helpers that programs of types that the table does not judge may not call: those for packets, and those of tracing.
// A program of type ext may call what the program that it replaces may call.
var notOffered = [...]struct {
	types   ProgSet
	helpers []int32
}{
	{structOps | 1<<ProgTypeLIRCMode2 | 1<<ProgTypeLSM, []int32{9, 23, 38, 39, 44, 50, 51, 54, 65}},
	{structOps, []int32{4, 27, 45, 67}}, // bpf_probe_read, bpf_probe_read_str, and stacks
}

// helperCallers has the types of programs that may call a helper, by its number; 0 where that is not known (get_func_proto of the types of
// programs, Linux 6.18). Some types are offered a helper only at some places. TestHelperCallers holds it to the running kernel.
var helperCallers = [HelperCount]ProgSet{
	1:  judgedForHelpers,                                                                               // bpf_map_lookup_elem
	2:  judgedForHelpers,                                                                               // bpf_map_update_elem
	3:  judgedForHelpers,                                                                               // bpf_map_delete_elem
	4:  probes | 1<<ProgTypeSyscall,                                                                    // bpf_probe_read
	5:  judgedForHelpers,                                                                               // bpf_ktime_get_ns
	6:  judgedForHelpers,                                                                               // bpf_trace_printk
	7:  judgedForHelpers,                                                                               // bpf_get_prandom_u32
	8:  judgedForHelpers,                                                                               // bpf_get_smp_processor_id
	9:  trafficControl | lwtXmit | skSKB,                                                               // bpf_skb_store_bytes
	10: trafficControl | lwtXmit,                                                                       // bpf_l3_csum_replace
	11: trafficControl | lwtXmit,                                                                       // bpf_l4_csum_replace
	12: judgedForHelpers,                                                                               // bpf_tail_call
	13: trafficControl | lwtXmit,                                                                       // bpf_clone_redirect
	14: judgedForHelpers,                                                                               // bpf_get_current_pid_tgid
	15: judgedForHelpers,                                                                               // bpf_get_current_uid_gid
	16: judgedForHelpers,                                                                               // bpf_get_current_comm
	17: judgedForHelpers,                                                                               // bpf_get_cgroup_classid
	18: trafficControl,                                                                                 // bpf_skb_vlan_push
	19: trafficControl,                                                                                 // bpf_skb_vlan_pop
	20: trafficControl | lwtXmit,                                                                       // bpf_skb_get_tunnel_key
	21: trafficControl | lwtXmit,                                                                       // bpf_skb_set_tunnel_key
	22: judgedForHelpers,                                                                               // bpf_perf_event_read
	23: trafficControl | lwtXmit | xdp,                                                                 // bpf_redirect
	24: tunnels | trafficControl,                                                                       // bpf_get_route_realm
	25: judgedForHelpers &^ (1<<ProgTypeFlowDissector | 1<<ProgTypeNetfilter | 1<<ProgTypeSKReusePort), // bpf_perf_event_output
	26: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeFlowDissector | 1<<ProgTypeSKReusePort | skSKB |
		socketFilter, // bpf_skb_load_bytes
	27: probes | 1<<ProgTypeSyscall,      // bpf_get_stackid
	28: tunnels | trafficControl | xdp,   // bpf_csum_diff
	29: trafficControl | lwtXmit,         // bpf_skb_get_tunnel_opt
	30: trafficControl | lwtXmit,         // bpf_skb_set_tunnel_opt
	31: trafficControl,                   // bpf_skb_change_proto
	32: trafficControl,                   // bpf_skb_change_type
	33: tunnels | trafficControl,         // bpf_skb_under_cgroup
	34: tunnels | trafficControl,         // bpf_get_hash_recalc
	35: judgedForHelpers,                 // bpf_get_current_task
	37: judgedForHelpers,                 // bpf_current_task_under_cgroup
	38: trafficControl | lwtXmit | skSKB, // bpf_skb_change_tail
	39: tunnels | trafficControl | skSKB, // bpf_skb_pull_data
	40: trafficControl | lwtXmit,         // bpf_csum_update
	41: trafficControl | lwtXmit,         // bpf_set_hash_invalid
	42: judgedForHelpers,                 // bpf_get_numa_node_id
	43: trafficControl | lwtXmit | skSKB, // bpf_skb_change_head
	44: xdp,                              // bpf_xdp_adjust_head
	45: probes | 1<<ProgTypeSyscall,      // bpf_probe_read_str
	46: trafficControl | cgroupSKB | 1<<ProgTypeCgroupSock | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeSKReusePort | skSKB |
		1<<ProgTypeSockOps | socketFilter | 1<<ProgTypeSyscall, // bpf_get_socket_cookie
	47:  trafficControl | cgroupSKB | skSKB | socketFilter,                                          // bpf_get_socket_uid
	48:  trafficControl,                                                                             // bpf_set_hash
	49:  1<<ProgTypeCgroupSockAddr | 1<<ProgTypeCgroupSockOpt | 1<<ProgTypeSockOps,                  // bpf_setsockopt
	50:  trafficControl | skSKB,                                                                     // bpf_skb_adjust_room
	51:  xdp,                                                                                        // bpf_redirect_map
	52:  skSKB,                                                                                      // bpf_sk_redirect_map
	53:  1 << ProgTypeSockOps,                                                                       // bpf_sock_map_update
	54:  xdp,                                                                                        // bpf_xdp_adjust_meta
	55:  judgedForHelpers,                                                                           // bpf_perf_event_read_value
	56:  1 << ProgTypePerfEvent,                                                                     // bpf_perf_prog_read_value
	57:  1<<ProgTypeCgroupSockAddr | 1<<ProgTypeCgroupSockOpt | 1<<ProgTypeSockOps,                  // bpf_getsockopt
	59:  1 << ProgTypeSockOps,                                                                       // bpf_sock_ops_cb_flags_set
	60:  1 << ProgTypeSKMsg,                                                                         // bpf_msg_redirect_map
	61:  1 << ProgTypeSKMsg,                                                                         // bpf_msg_apply_bytes
	62:  1 << ProgTypeSKMsg,                                                                         // bpf_msg_cork_bytes
	63:  1 << ProgTypeSKMsg,                                                                         // bpf_msg_pull_data
	64:  1 << ProgTypeCgroupSockAddr,                                                                // bpf_bind
	65:  xdp,                                                                                        // bpf_xdp_adjust_tail
	66:  trafficControl,                                                                             // bpf_skb_get_xfrm_state
	67:  probes | 1<<ProgTypeSyscall,                                                                // bpf_get_stack
	68:  trafficControl | cgroupSKB | 1<<ProgTypeSKReusePort | socketFilter,                         // bpf_skb_load_bytes_relative
	69:  trafficControl | xdp,                                                                       // bpf_fib_lookup
	70:  1 << ProgTypeSockOps,                                                                       // bpf_sock_hash_update
	71:  1 << ProgTypeSKMsg,                                                                         // bpf_msg_redirect_hash
	72:  skSKB,                                                                                      // bpf_sk_redirect_hash
	73:  1<<ProgTypeLWTIn | lwtXmit,                                                                 // bpf_lwt_push_encap
	74:  1 << ProgTypeLWTSeg6Local,                                                                  // bpf_lwt_seg6_store_bytes
	75:  1 << ProgTypeLWTSeg6Local,                                                                  // bpf_lwt_seg6_adjust_srh
	76:  1 << ProgTypeLWTSeg6Local,                                                                  // bpf_lwt_seg6_action
	79:  trafficControl | cgroupSKB,                                                                 // bpf_skb_cgroup_id
	80:  judgedForHelpers,                                                                           // bpf_get_current_cgroup_id
	81:  cgroups,                                                                                    // bpf_get_local_storage
	82:  1 << ProgTypeSKReusePort,                                                                   // bpf_sk_select_reuseport
	83:  trafficControl | cgroupSKB,                                                                 // bpf_skb_ancestor_cgroup_id
	84:  trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | skSKB | xdp,                       // bpf_sk_lookup_tcp
	85:  trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | skSKB | xdp,                       // bpf_sk_lookup_udp
	86:  trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeSKLookup | skSKB | xdp, // bpf_sk_release
	87:  judgedForHelpers,                                                                           // bpf_map_push_elem
	88:  judgedForHelpers,                                                                           // bpf_map_pop_elem
	89:  judgedForHelpers,                                                                           // bpf_map_peek_elem
	90:  1 << ProgTypeSKMsg,                                                                         // bpf_msg_push_data
	91:  1 << ProgTypeSKMsg,                                                                         // bpf_msg_pop_data
	93:  judgedForHelpers,                                                                           // bpf_spin_lock
	94:  judgedForHelpers,                                                                           // bpf_spin_unlock
	95:  trafficControl | cgroupSKB,                                                                 // bpf_sk_fullsock
	96:  trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockOpt | 1<<ProgTypeSockOps,                 // bpf_tcp_sock
	97:  trafficControl | cgroupSKB,                                                                 // bpf_skb_ecn_set_ce
	98:  trafficControl | cgroupSKB,                                                                 // bpf_get_listener_sock
	99:  trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | skSKB | xdp,                       // bpf_skc_lookup_tcp
	100: trafficControl | xdp,                                                                       // bpf_tcp_check_syncookie
	101: 1 << ProgTypeCgroupSysctl,                                                                  // bpf_sysctl_get_name
	102: 1 << ProgTypeCgroupSysctl,                                                                  // bpf_sysctl_get_current_value
	103: 1 << ProgTypeCgroupSysctl,                                                                  // bpf_sysctl_get_new_value
	104: 1 << ProgTypeCgroupSysctl,                                                                  // bpf_sysctl_set_new_value
	105: judgedForHelpers,                                                                           // bpf_strtol
	106: judgedForHelpers,                                                                           // bpf_strtoul
	107: trafficControl | cgroupSKB | 1<<ProgTypeCgroupSock | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeCgroupSockOpt |
		1<<ProgTypeSKMsg | 1<<ProgTypeSockOps | 1<<ProgTypeSyscall, // bpf_sk_storage_get
	108: trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeCgroupSockOpt | 1<<ProgTypeSKMsg | 1<<ProgTypeSockOps |
		1<<ProgTypeSyscall, // bpf_sk_storage_delete
	109: judgedForHelpers,       // bpf_send_signal
	110: trafficControl | xdp,   // bpf_tcp_gen_syncookie
	111: 1 << ProgTypeSyscall,   // bpf_skb_output
	112: judgedForHelpers,       // bpf_probe_read_user
	113: judgedForHelpers,       // bpf_probe_read_kernel
	114: judgedForHelpers,       // bpf_probe_read_user_str
	115: judgedForHelpers,       // bpf_probe_read_kernel_str
	116: nobody,                 // bpf_tcp_send_ack
	117: judgedForHelpers,       // bpf_send_signal_thread
	118: judgedForHelpers,       // bpf_jiffies64
	119: 1 << ProgTypePerfEvent, // bpf_read_branch_records
	120: judgedForHelpers,       // bpf_get_ns_current_pid_tgid
	121: 1 << ProgTypeSyscall,   // bpf_xdp_output
	122: trafficControl | cgroupSKB | 1<<ProgTypeCgroupSock | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeCgroupSockOpt |
		1<<ProgTypeSKMsg | 1<<ProgTypeSockOps | socketFilter, // bpf_get_netns_cookie
	123: judgedForHelpers,                     // bpf_get_current_ancestor_cgroup_id
	124: trafficControl | 1<<ProgTypeSKLookup, // bpf_sk_assign
	125: judgedForHelpers,                     // bpf_ktime_get_boot_ns
	128: cgroupSKB,                            // bpf_sk_cgroup_id
	129: cgroupSKB,                            // bpf_sk_ancestor_cgroup_id
	130: judgedForHelpers,                     // bpf_ringbuf_output
	131: judgedForHelpers,                     // bpf_ringbuf_reserve
	132: judgedForHelpers,                     // bpf_ringbuf_submit
	133: judgedForHelpers,                     // bpf_ringbuf_discard
	134: judgedForHelpers,                     // bpf_ringbuf_query
	135: trafficControl | lwtXmit,             // bpf_csum_level
	136: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeFlowDissector | 1<<ProgTypeSKLookup |
		1<<ProgTypeSKMsg | skSKB | 1<<ProgTypeSockOps | socketFilter | 1<<ProgTypeSyscall | xdp, // bpf_skc_to_tcp6_sock
	137: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeFlowDissector | 1<<ProgTypeSKLookup |
		1<<ProgTypeSKMsg | skSKB | 1<<ProgTypeSockOps | socketFilter | 1<<ProgTypeSyscall | xdp, // bpf_skc_to_tcp_sock
	138: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeFlowDissector | 1<<ProgTypeSKLookup |
		1<<ProgTypeSKMsg | skSKB | 1<<ProgTypeSockOps | socketFilter | 1<<ProgTypeSyscall | xdp, // bpf_skc_to_tcp_timewait_sock
	139: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeFlowDissector | 1<<ProgTypeSKLookup |
		1<<ProgTypeSKMsg | skSKB | 1<<ProgTypeSockOps | socketFilter | 1<<ProgTypeSyscall | xdp, // bpf_skc_to_tcp_request_sock
	140: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeFlowDissector | 1<<ProgTypeSKLookup |
		1<<ProgTypeSKMsg | skSKB | 1<<ProgTypeSockOps | socketFilter | 1<<ProgTypeSyscall | xdp, // bpf_skc_to_udp6_sock
	141: judgedForHelpers,     // bpf_get_task_stack
	142: 1 << ProgTypeSockOps, // bpf_load_hdr_opt
	143: 1 << ProgTypeSockOps, // bpf_store_hdr_opt
	144: 1 << ProgTypeSockOps, // bpf_reserve_hdr_opt
	147: 1 << ProgTypeSyscall, // bpf_d_path
	148: judgedForHelpers,     // bpf_copy_from_user
	149: judgedForHelpers,     // bpf_snprintf_btf
	151: trafficControl,       // bpf_skb_cgroup_classid
	152: trafficControl,       // bpf_redirect_neigh
	153: judgedForHelpers,     // bpf_per_cpu_ptr
	154: judgedForHelpers,     // bpf_this_cpu_ptr
	155: trafficControl,       // bpf_redirect_peer
	156: judgedForHelpers,     // bpf_task_storage_get
	157: judgedForHelpers,     // bpf_task_storage_delete
	158: judgedForHelpers,     // bpf_get_current_task_btf
	160: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeCgroupSock | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeCgroupSysctl |
		1<<ProgTypeFlowDissector | 1<<ProgTypeSKLookup | 1<<ProgTypeSKMsg | 1<<ProgTypeSKReusePort | skSKB | 1<<ProgTypeSockOps |
		socketFilter | xdp, // bpf_ktime_get_coarse_ns
	162: 1 << ProgTypeSyscall,        // bpf_sock_from_file
	163: trafficControl | xdp,        // bpf_check_mtu
	164: judgedForHelpers,            // bpf_for_each_map_elem
	165: judgedForHelpers,            // bpf_snprintf
	166: 1 << ProgTypeSyscall,        // bpf_sys_bpf
	167: 1 << ProgTypeSyscall,        // bpf_btf_find_by_name_kind
	168: 1 << ProgTypeSyscall,        // bpf_sys_close
	169: judgedForHelpers,            // bpf_timer_init
	170: judgedForHelpers,            // bpf_timer_set_callback
	171: judgedForHelpers,            // bpf_timer_start
	172: judgedForHelpers,            // bpf_timer_cancel
	173: probes | 1<<ProgTypeSyscall, // bpf_get_func_ip
	174: probes,                      // bpf_get_attach_cookie
	175: judgedForHelpers,            // bpf_task_pt_regs
	176: judgedForHelpers,            // bpf_get_branch_snapshot
	177: judgedForHelpers,            // bpf_trace_vprintk
	178: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeFlowDissector | 1<<ProgTypeSKLookup |
		1<<ProgTypeSKMsg | skSKB | 1<<ProgTypeSockOps | socketFilter | 1<<ProgTypeSyscall | xdp, // bpf_skc_to_unix_sock
	179: 1 << ProgTypeSyscall, // bpf_kallsyms_lookup_name
	180: judgedForHelpers,     // bpf_find_vma
	181: judgedForHelpers,     // bpf_loop
	182: judgedForHelpers,     // bpf_strncmp
	186: 1<<ProgTypeCgroupDevice | 1<<ProgTypeCgroupSock | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeCgroupSockOpt |
		1<<ProgTypeCgroupSysctl, // bpf_get_retval
	187: 1<<ProgTypeCgroupDevice | 1<<ProgTypeCgroupSock | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeCgroupSockOpt |
		1<<ProgTypeCgroupSysctl, // bpf_set_retval
	188: 1<<ProgTypeSyscall | xdp, // bpf_xdp_get_buff_len
	189: xdp,                      // bpf_xdp_load_bytes
	190: xdp,                      // bpf_xdp_store_bytes
	191: judgedForHelpers,         // bpf_copy_from_user_task
	192: trafficControl,           // bpf_skb_set_tstamp
	194: judgedForHelpers,         // bpf_kptr_xchg
	195: judgedForHelpers,         // bpf_map_lookup_percpu_elem
	196: tunnels | trafficControl | cgroupSKB | 1<<ProgTypeCgroupSockAddr | 1<<ProgTypeFlowDissector | 1<<ProgTypeSKLookup |
		1<<ProgTypeSKMsg | skSKB | 1<<ProgTypeSockOps | socketFilter | 1<<ProgTypeSyscall | xdp, // bpf_skc_to_mptcp_sock
	197: judgedForHelpers,     // bpf_dynptr_from_mem
	198: judgedForHelpers,     // bpf_ringbuf_reserve_dynptr
	199: judgedForHelpers,     // bpf_ringbuf_submit_dynptr
	200: judgedForHelpers,     // bpf_ringbuf_discard_dynptr
	201: judgedForHelpers,     // bpf_dynptr_read
	202: judgedForHelpers,     // bpf_dynptr_write
	203: judgedForHelpers,     // bpf_dynptr_data
	204: trafficControl | xdp, // bpf_tcp_raw_gen_syncookie_ipv4
	205: trafficControl | xdp, // bpf_tcp_raw_gen_syncookie_ipv6
	206: trafficControl | xdp, // bpf_tcp_raw_check_syncookie_ipv4
	207: trafficControl | xdp, // bpf_tcp_raw_check_syncookie_ipv6
	208: judgedForHelpers,     // bpf_ktime_get_tai_ns
	209: judgedForHelpers,     // bpf_user_ringbuf_drain
	210: judgedForHelpers,     // bpf_cgrp_storage_get
	211: judgedForHelpers,     // bpf_cgrp_storage_delete
}
