package vm

// kernelFunctions are the functions of the kernel that each machine has. A machine runs alone, so nothing has to be locked.
var kernelFunctions = map[string]Function{
	"bpf_iter_num_new":      iterNumNew,
	"bpf_iter_num_next":     iterNumNext,
	"bpf_iter_num_destroy":  iterNumDestroy,
	"bpf_iter_bits_new":     iterBitsNew,
	"bpf_iter_bits_next":    iterBitsNext,
	"bpf_iter_bits_destroy": iterBitsDestroy,
	"bpf_local_irq_save":    saveInterrupts,
	"bpf_local_irq_restore": nothing,
	"bpf_rcu_read_lock":     nothing,
	"bpf_rcu_read_unlock":   nothing,
	"bpf_preempt_disable":   nothing,
	"bpf_preempt_enable":    nothing,

	"tcp_slow_start":      tcpSlowStart,
	"tcp_cong_avoid_ai":   tcpCongAvoidAI,
	"tcp_reno_cong_avoid": tcpRenoCongAvoid,
	"tcp_reno_ssthresh":   tcpRenoSsthresh,
	"tcp_reno_undo_cwnd":  tcpRenoUndoCwnd,
}
